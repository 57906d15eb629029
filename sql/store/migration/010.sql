-- How far retention has come (store/retention.c): of each table, ids up to here hold no personal data any more.
CREATE TABLE retention (
	one INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
	walked INTEGER NOT NULL, -- when the tables were last walked to their end
	outbox_after INTEGER NOT NULL,
	recording_after INTEGER NOT NULL
) STRICT;
INSERT INTO retention (one, walked, outbox_after, recording_after) VALUES (1, 0, 0, 0);
-- The last run that did not end well (store/trouble.c).
CREATE TABLE trouble (
	one INTEGER PRIMARY KEY CHECK (one = 1),
	at INTEGER NOT NULL,
	status INTEGER NOT NULL, -- its exit code
	words TEXT NOT NULL
) STRICT;
