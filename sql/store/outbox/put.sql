-- It cannot go before those that stand before it: so it waits as long as they do.
-- The + keeps SQLite from looking through all items of a state instead of those of one call.
INSERT INTO outbox (callid, ext, event, n, rank, priority, state, body, recording, call_start,
	created, wanted, not_before, expires, attempts, changed, status, lease)
VALUES (:callid, :ext, :event, :n, :rank, :priority, 'ready', :body, :recording, :call_start,
	:now, :now,
	max(:now, coalesce((
		SELECT max(earlier.not_before)
		FROM outbox AS earlier
		WHERE earlier.callid = :callid AND earlier.ext = :ext AND +earlier.state = 'ready'
			AND earlier.rank BETWEEN 1 AND 2 AND (earlier.n, earlier.rank) <= (:n, :rank)), 0)),
	:expires, 0, :now, 0, 0)
ON CONFLICT (callid, ext, event, n) DO NOTHING
