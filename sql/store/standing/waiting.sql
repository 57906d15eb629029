-- What waits: how many, and since when the oldest.
SELECT count(*), coalesce(min(created), 0) FROM outbox WHERE state = 'ready' AND priority = :priority
