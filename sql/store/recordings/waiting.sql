-- The index is named, because SQLite would rather sort all that are waiting. Another call may know that the WAV is gone.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due,
	(SELECT max(wav_gone)
		FROM recording AS same
		WHERE same.path = recording.path AND (same.state <> 'none' OR same.wav_gone > 0 OR same.path = ''))
FROM recording INDEXED BY recording_waiting
WHERE state = 'waiting' AND not_before <= :now
ORDER BY not_before, id
LIMIT :limit
