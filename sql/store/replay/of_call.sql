-- What of one call may go again, the last of each employee first: replay/of_state for its columns.
-- The + keeps SQLite from looking through all items of a state instead of those of one call.
SELECT item.id, item.state, item.rank, item.callid, item.ext, item.event, item.created,
	item.expires, item.status, item.answer, item.body = '',
	(SELECT count(*)
	FROM outbox AS later
	WHERE later.callid = item.callid AND later.ext = item.ext AND later.rank BETWEEN 1 AND 2
		AND +later.state IN ('sending', 'sent', 'rejected', 'unknown')
		AND (later.n, later.rank, later.id) > (item.n, item.rank, item.id))
FROM outbox AS item
WHERE item.callid = :callid AND +item.state IN (:rejected, :unknown, :expired, :sent)
	AND item.call_start >= :from AND item.call_start < :to
	AND (:error IS NULL OR instr(
		lower('HTTP ' || item.status || ': ' || coalesce(item.answer, '')), lower(:error)) > 0)
ORDER BY item.ext, item.n DESC, item.rank DESC, item.id DESC
LIMIT :most
