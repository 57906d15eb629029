-- Whether a run has anything to do: 1 or 0.
SELECT EXISTS (SELECT 1 FROM recording INDEXED BY recording_waiting WHERE state = 'waiting' AND not_before <= :now)
	OR EXISTS (SELECT 1 FROM recording INDEXED BY recording_state WHERE state = 'converting')
	OR EXISTS (SELECT 1 FROM recording INDEXED BY recording_look WHERE state = 'done' AND not_before <= :now)
	OR EXISTS (SELECT 1 FROM recording INDEXED BY recording_link
		WHERE state = 'done' AND link IS NOT NULL AND published < :before)
