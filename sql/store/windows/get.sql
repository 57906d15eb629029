SELECT callid, ext, n, opened_by, opened, accepted, closed_as, closed, final
FROM windows
WHERE callid = :callid AND ext = :ext
ORDER BY n DESC
LIMIT 1
