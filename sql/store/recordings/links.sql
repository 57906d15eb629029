-- Done ones whose link is too old.
SELECT id, callid, file, path, state, since, not_before, call_ended, source_size, source_mtime,
	duration_ms, mp3, link, reason, title, artist, attempts, published, wav_due, wav_gone
FROM recording INDEXED BY recording_link
WHERE state = 'done' AND link IS NOT NULL AND published < :before
ORDER BY published, id
LIMIT :limit
