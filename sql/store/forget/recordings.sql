-- Only what is over: forget_call() has ended the others.
UPDATE recording
SET file = 'removed-' || id, path = '', mp3 = NULL, link = NULL, reason = NULL, title = NULL, artist = NULL,
	not_before = :never, wav_due = :never
WHERE callid = :callid AND path <> '' AND +state IN ('done', 'none', 'failed')
