SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due, wav_gone
FROM recording
WHERE callid = :callid AND file = :file
