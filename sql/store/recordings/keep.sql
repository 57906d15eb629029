UPDATE recording
SET not_before = :not_before, link = :link, reason = :reason, wav_due = :wav_due, wav_gone = :wav_gone
WHERE id = :id AND state = 'done'
