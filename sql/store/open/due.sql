SELECT linkedid, group_name, began, last_seen, asked
FROM open_call
WHERE asked <= :asked AND last_seen <= :seen
ORDER BY asked, last_seen, linkedid
LIMIT :limit
