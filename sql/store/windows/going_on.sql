SELECT 1
FROM announced JOIN open_call ON open_call.linkedid = announced.id
WHERE announced.callid = :callid
LIMIT 1
