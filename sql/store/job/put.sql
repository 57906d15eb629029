INSERT INTO job (began_from, began_to, next_id, last_id, began, changed, finished, calls, events)
VALUES (:began_from, :began_to, :next_id, :last_id, :began, :changed, :finished, :calls, :events)
ON CONFLICT (began_from, began_to) DO UPDATE SET next_id = excluded.next_id, last_id = excluded.last_id,
	changed = excluded.changed, finished = excluded.finished, calls = excluded.calls, events = excluded.events
