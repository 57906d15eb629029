SELECT count(*) FROM recording INDEXED BY recording_state WHERE state = 'failed' AND since > :since
