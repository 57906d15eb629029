-- Recordings to be converted (store/recordings.c).
CREATE TABLE recording (
	id INTEGER PRIMARY KEY,
	callid TEXT NOT NULL,
	file TEXT NOT NULL,
	path TEXT NOT NULL,
	state TEXT NOT NULL
		CHECK (state IN ('waiting', 'converting', 'done', 'none', 'failed')),
	since INTEGER NOT NULL,
	not_before INTEGER NOT NULL,
	call_ended INTEGER NOT NULL,
	source_size INTEGER NOT NULL,
	source_mtime INTEGER NOT NULL,
	duration_ms INTEGER NOT NULL,
	mp3 TEXT,
	link TEXT,
	reason TEXT,
	title TEXT,
	artist TEXT,
	attempts INTEGER NOT NULL,
	UNIQUE (callid, file)
) STRICT;
CREATE INDEX recording_waiting ON recording (not_before) WHERE state = 'waiting';
CREATE INDEX recording_state ON recording (state, since);
