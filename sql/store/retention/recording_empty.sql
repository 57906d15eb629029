-- A link that is to end, and a WAV that is still to be seen to, must be found by their names: they come first.
UPDATE recording
SET file = 'removed-' || id, path = '', mp3 = NULL, link = NULL, reason = NULL, title = NULL, artist = NULL,
	not_before = :never, wav_due = :never
WHERE id BETWEEN :first AND :last AND +state IN ('done', 'none', 'failed') AND path <> ''
	AND since < :before AND call_ended < :before
	AND (link IS NULL OR :links_end = 0)
	AND (+state <> 'done' OR :wavs_pending = 0 OR wav_due >= :never)
