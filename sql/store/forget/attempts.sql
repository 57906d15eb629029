UPDATE attempt
SET answer = NULL
WHERE item IN (SELECT id FROM outbox WHERE callid = :callid) AND answer IS NOT NULL
