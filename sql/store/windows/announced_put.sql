-- What the hook sent. A try that failed gives way to one that did not.
INSERT INTO outbox (callid, ext, event, n, rank, priority, state, body, recording, call_start,
	created, wanted, not_before, expires, attempts, changed, status, answer, lease, lost)
VALUES (:callid, :ext, :event, :n, :rank, :priority, :state, :body, NULL, :call_start,
	:call_start, :call_start, :call_start, :expires, 1, :now, :status, :answer, 0, :lost)
ON CONFLICT (callid, ext, event, n) DO UPDATE
SET state = excluded.state, changed = excluded.changed, status = excluded.status,
	answer = excluded.answer, lost = excluded.lost
WHERE outbox.state IN ('rejected', 'expired')
