SELECT windows.callid
FROM announced JOIN windows ON windows.callid = announced.callid AND windows.ext = :ext
WHERE announced.id = :id AND windows.opened_by = 'hook'
ORDER BY windows.opened DESC
LIMIT 1
