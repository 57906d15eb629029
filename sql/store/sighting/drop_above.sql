-- The table was restored: what was above is another row now.
DELETE FROM sighting WHERE id > :id
