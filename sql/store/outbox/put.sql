INSERT INTO outbox (callid, ext, event, n, rank, priority, state, body, recording, call_start,
	created, wanted, not_before, expires, attempts, changed, status, lease)
VALUES (:callid, :ext, :event, :n, :rank, :priority, 'ready', :body, :recording, :call_start,
	:now, :now, :not_before, :expires, 0, :now, 0, 0)
ON CONFLICT (callid, ext, event, n) DO NOTHING
