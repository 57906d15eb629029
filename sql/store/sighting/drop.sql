DELETE FROM sighting WHERE id < :id
