-- An item cannot go before those that stand before it: so it waits as long as they do.
-- The + keeps SQLite from looking through all items of a state instead of those of one call.
SELECT coalesce(max(earlier.not_before), 0)
FROM outbox AS earlier
WHERE earlier.callid = :callid AND earlier.ext = :ext AND +earlier.state = 'ready'
	AND earlier.rank BETWEEN 1 AND 2 AND (earlier.n, earlier.rank) <= (:n, :rank)
