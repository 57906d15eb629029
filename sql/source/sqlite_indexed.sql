-- Whether some whole index begins with that column. Asterisk makes none; an administrator may.
SELECT 1
FROM pragma_index_list(?1) AS list, pragma_index_info(list.name) AS part
WHERE NOT list.partial AND part.seqno = 0 AND part.name = ?2 COLLATE NOCASE
LIMIT 1
