-- How many are to be converted by now.
SELECT count(*) FROM recording INDEXED BY recording_waiting WHERE state = 'waiting' AND not_before <= :now
