-- Requests to be sent (store/outbox.c). rank: 0 announcement, 1 ACCEPTED, 2 COMPLETED, 3 record.
CREATE TABLE outbox (
	id INTEGER PRIMARY KEY,
	callid TEXT NOT NULL,
	ext TEXT NOT NULL,
	event TEXT NOT NULL,
	n INTEGER NOT NULL,
	rank INTEGER NOT NULL CHECK (rank BETWEEN 0 AND 3),
	priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 1), -- 0 live, 1 history
	state TEXT NOT NULL
		CHECK (state IN ('ready', 'sending', 'sent', 'rejected', 'unknown', 'expired')),
	body TEXT NOT NULL,
	recording TEXT,
	call_start INTEGER NOT NULL,
	created INTEGER NOT NULL,
	wanted INTEGER NOT NULL, -- created, or when it was replayed: giving up counts from here
	not_before INTEGER NOT NULL,
	expires INTEGER NOT NULL, -- 0: never by itself
	attempts INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	status INTEGER NOT NULL,
	answer TEXT,
	lease INTEGER NOT NULL, -- while sending; 0 otherwise
	owner_boot TEXT,
	owner_pid INTEGER,
	owner_start INTEGER,
	UNIQUE (callid, ext, event, n)
) STRICT;
-- What may go: a range of not_before for each priority, whatever the backlog.
CREATE INDEX outbox_ready ON outbox (priority, not_before) WHERE state = 'ready';
CREATE INDEX outbox_expires ON outbox (expires) WHERE state = 'ready' AND expires > 0;
CREATE INDEX outbox_state ON outbox (state, created);
