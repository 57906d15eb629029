-- How far the source has been read (store/checkpoint.c).
PRAGMA application_id = 1667591283; -- "cels": tells our file from any other SQLite file

CREATE TABLE checkpoint (
	one INTEGER PRIMARY KEY CHECK (one = 1), -- there is one row
	cursor INTEGER NOT NULL,
	start INTEGER NOT NULL,
	first_pass INTEGER NOT NULL,
	last_pass INTEGER NOT NULL
) STRICT;

CREATE TABLE sighting (
	id INTEGER PRIMARY KEY,
	seen INTEGER NOT NULL
) STRICT;

CREATE TABLE gap (
	first INTEGER PRIMARY KEY,
	last INTEGER NOT NULL,
	since INTEGER NOT NULL,
	CHECK (first <= last)
) STRICT;

CREATE TABLE mark (
	id INTEGER PRIMARY KEY,
	uniqueid TEXT NOT NULL,
	wall INTEGER NOT NULL
) STRICT;

CREATE TABLE open_call (
	linkedid TEXT PRIMARY KEY,
	group_name TEXT NOT NULL,
	began INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	asked INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX open_call_group ON open_call (group_name);
-- asked first: calls that are quiet but were asked for just now may be many, those not yet quiet are few.
CREATE INDEX open_call_due ON open_call (asked, last_seen);

CREATE TABLE asterisk (
	systemname TEXT PRIMARY KEY,
	epoch INTEGER NOT NULL,
	counter INTEGER NOT NULL,
	restarted INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
