INSERT INTO open_call (linkedid, group_name, began, last_seen, asked)
VALUES (:linkedid, :group, :began, :last_seen, :asked)
ON CONFLICT (linkedid) DO UPDATE
SET group_name = excluded.group_name, began = excluded.began, last_seen = excluded.last_seen,
	asked = excluded.asked
