-- What stands open on the employees' screens (store/windows.c).
CREATE TABLE windows (
	callid TEXT NOT NULL,
	ext TEXT NOT NULL,
	n INTEGER NOT NULL,
	opened_by TEXT CHECK (opened_by IN ('hook', 'poll')),
	opened INTEGER NOT NULL,
	accepted TEXT CHECK (accepted = 'yes'),
	closed_as TEXT,
	closed INTEGER NOT NULL,
	final INTEGER NOT NULL CHECK (final IN (0, 1)),
	PRIMARY KEY (callid, ext, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX windows_open ON windows (opened) WHERE closed_as IS NULL AND opened_by IS NOT NULL;
