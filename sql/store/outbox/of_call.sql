SELECT id, n, state, rank, priority, callid, ext, event, body, recording, call_start, created,
	not_before, expires, attempts, changed, status, answer
FROM outbox
WHERE callid = :callid
ORDER BY id
