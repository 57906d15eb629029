-- What stands behind an item that waits need not be looked at before it may go.
-- The + keeps SQLite from looking through all items of a state instead of those of one call.
UPDATE outbox
SET not_before = :not_before
WHERE callid = (SELECT callid FROM outbox WHERE id = :id)
	AND ext = (SELECT ext FROM outbox WHERE id = :id)
	AND +state = 'ready' AND not_before < :not_before
	AND (SELECT rank FROM outbox WHERE id = :id) IN (1, 2)
	AND (n, rank, id) > (SELECT n, rank, id FROM outbox WHERE id = :id)
