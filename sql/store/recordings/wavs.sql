-- Done ones whose CDR rows and WAV are to be seen to.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due, wav_gone
FROM recording INDEXED BY recording_wav
WHERE state = 'done' AND wav_due <= :now
ORDER BY wav_due, id
LIMIT :limit
