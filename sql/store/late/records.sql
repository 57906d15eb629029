-- COMPLETEDs that arrived without a link which is there by now, and who has no `record` yet.
SELECT item.id, item.callid, item.ext, item.n, item.priority, item.recording, item.call_start
FROM outbox AS item INDEXED BY outbox_owes_link
JOIN recording ON recording.callid = item.callid AND recording.file = item.recording
WHERE item.owes_link = 1 AND item.state = 'sent'
	AND recording.state = 'done' AND recording.link IS NOT NULL
ORDER BY item.id
LIMIT :most
