-- What may still be sent keeps its body. The + keeps SQLite from looking through all items of a state.
UPDATE outbox
SET body = '', recording = NULL, answer = NULL, owes_link = 0
WHERE id BETWEEN :first AND :last AND +state IN ('sent', 'rejected', 'unknown', 'expired') AND changed < :before
	AND (body <> '' OR recording IS NOT NULL OR answer IS NOT NULL)
