INSERT INTO sighting (id, seen)
SELECT :id, :now WHERE NOT EXISTS (SELECT 1 FROM sighting WHERE id >= :id)
