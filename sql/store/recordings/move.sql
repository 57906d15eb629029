UPDATE recording
SET state = :to, not_before = :not_before, source_size = :source_size, source_mtime = :source_mtime,
	duration_ms = :duration_ms, mp3 = :mp3, link = :link, reason = :reason, published = :published,
	wav_due = :wav_due, wav_gone = :wav_gone
WHERE id = :id AND state = :from
