-- A clock that was set back: nothing was first seen in the future.
UPDATE sighting SET seen = :now WHERE seen > :now
