-- Calls whose requests or recordings hold these digits.
SELECT callid
FROM outbox
WHERE instr(body, :digits) > 0 OR instr(coalesce(recording, ''), :digits) > 0
	OR instr(coalesce(answer, ''), :digits) > 0
UNION
SELECT callid
FROM recording
WHERE instr(file, :digits) > 0 OR instr(path, :digits) > 0 OR instr(coalesce(mp3, ''), :digits) > 0
	OR instr(coalesce(link, ''), :digits) > 0 OR instr(coalesce(reason, ''), :digits) > 0
	OR instr(coalesce(title, ''), :digits) > 0 OR instr(coalesce(artist, ''), :digits) > 0
UNION
SELECT outbox.callid
FROM attempt JOIN outbox ON outbox.id = attempt.item
WHERE instr(coalesce(attempt.answer, ''), :digits) > 0
