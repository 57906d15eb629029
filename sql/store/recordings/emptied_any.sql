SELECT EXISTS (SELECT 1 FROM recording INDEXED BY recording_path WHERE path = '')
