-- Done ones whose WAV is to be looked at again.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due, wav_gone
FROM recording INDEXED BY recording_look
WHERE state = 'done' AND not_before <= :now
ORDER BY not_before, id
LIMIT :limit
