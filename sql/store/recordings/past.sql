-- Those of calls that ended long ago, in order of id.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due, wav_gone
FROM recording
WHERE id > :after AND +state = 'waiting' AND call_ended > 0 AND call_ended < :before
ORDER BY id
LIMIT :limit
