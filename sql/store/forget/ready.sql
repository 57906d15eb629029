SELECT id FROM outbox WHERE callid = :callid AND +state = 'ready' ORDER BY id
