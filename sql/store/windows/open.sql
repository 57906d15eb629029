SELECT callid, ext, n, opened_by, opened, accepted, closed_as, closed, final
FROM windows
WHERE closed_as IS NULL AND opened_by IS NOT NULL AND opened < :before
ORDER BY opened, callid, ext, n
