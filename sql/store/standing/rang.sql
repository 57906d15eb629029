-- How many calls since then were told live, among the newest requests.
SELECT count(DISTINCT callid)
FROM outbox
WHERE id > (SELECT max(id) FROM outbox) - :newest AND priority = 0 AND rank = 2 AND call_start > :since
	AND created < call_start + 3600000000 -- told while it was fresh
