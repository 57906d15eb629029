-- By which ids the hook knew a call, and the callid under which it opened the windows (store/announced.c).
CREATE TABLE announced (
	id TEXT NOT NULL, -- a linkedid or a uniqueid
	callid TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (id, callid)
) STRICT, WITHOUT ROWID;
CREATE INDEX announced_callid ON announced (callid);
CREATE INDEX announced_at ON announced (at);
