SELECT linkedid, group_name, began, last_seen, asked
FROM open_call
WHERE group_name = :group
ORDER BY linkedid
