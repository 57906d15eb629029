-- Of several the newest: the bare column is that of the row with the maximum (www.sqlite.org/lang_select.html, "bare columns"). One row
-- always, NULL where there is none.
SELECT windows.callid, max(windows.opened)
FROM announced JOIN windows ON windows.callid = announced.callid AND windows.ext = :ext
WHERE announced.id = :id AND windows.opened_by = 'hook'
