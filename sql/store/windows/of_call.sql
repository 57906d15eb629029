SELECT callid, ext, n, opened_by, opened, accepted, closed_as, closed, final
FROM windows
WHERE callid = :callid
ORDER BY ext, n
