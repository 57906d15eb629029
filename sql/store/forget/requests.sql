UPDATE outbox
SET body = '', recording = NULL, answer = NULL, owes_link = 0
WHERE callid = :callid AND (body <> '' OR recording IS NOT NULL OR answer IS NOT NULL)
