-- Named, because SQLite would rather sort all that are waiting.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts
FROM recording INDEXED BY recording_waiting
WHERE state = 'waiting' AND not_before <= :now
ORDER BY not_before, id
LIMIT :limit
