INSERT INTO recording (callid, file, path, state, since, not_before, call_ended, source_size,
	source_mtime, duration_ms, reason, title, artist, attempts)
VALUES (:callid, :file, :path, :state, :now, :not_before, :call_ended, 0, 0, 0, :reason, :title, :artist, 0)
ON CONFLICT (callid, file) DO NOTHING
