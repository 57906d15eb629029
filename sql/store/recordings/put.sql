-- Not of a call whose recordings retention has emptied: their names are not known any more.
-- The + keeps SQLite from looking through all that are emptied instead of those of one call.
INSERT INTO recording (callid, file, path, state, since, not_before, call_ended, source_size,
	source_mtime, duration_ms, title, artist, attempts)
SELECT :callid, :file, :path, 'waiting', :now, :not_before, :call_ended, 0, 0, 0, :title, :artist, 0
WHERE NOT EXISTS (SELECT 1 FROM recording WHERE callid = :callid AND +path = '')
ON CONFLICT (callid, file) DO NOTHING
