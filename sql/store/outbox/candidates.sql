-- Ready items that nothing holds back, by the time they wait for; the caller reads as many as it wants.
-- The + keeps SQLite from looking through all items of a state instead of those of one call.
SELECT id, n, state, rank, priority, callid, ext, event, body, recording, call_start, created,
	not_before, expires, attempts, changed, status, answer
FROM outbox AS item
WHERE state = 'ready' AND priority = :priority AND not_before <= :due
	AND (expires = 0 OR expires > max(:now, not_before))
	-- ACCEPTED and COMPLETED on their way hold back what comes after them; so does an announcement
	-- that has left and may still arrive: after its COMPLETED it would open the window again.
	AND NOT EXISTS (
		SELECT 1
		FROM outbox AS earlier
		WHERE earlier.callid = item.callid AND earlier.ext = item.ext
			AND (+earlier.state = 'sending' AND earlier.rank < 3
				OR +earlier.state = 'ready' AND earlier.rank BETWEEN 1 AND 2)
			AND (earlier.n, earlier.rank, earlier.id) < (item.n, item.rank, item.id))
	-- A record follows a COMPLETED that arrived.
	AND NOT (rank = 3 AND EXISTS (
		SELECT 1
		FROM outbox AS completed
		WHERE completed.callid = item.callid AND completed.ext = item.ext
			AND completed.n = item.n AND completed.rank = 2 AND +completed.state <> 'sent'))
	-- An announcement that was overtaken would open a window that nothing closes.
	AND NOT (rank = 0 AND EXISTS (
		SELECT 1
		FROM outbox AS later
		WHERE later.callid = item.callid AND later.ext = item.ext
			AND later.n >= item.n AND later.rank BETWEEN 1 AND 2
			AND +later.state IN ('sending', 'sent', 'rejected', 'unknown')))
ORDER BY not_before, id
