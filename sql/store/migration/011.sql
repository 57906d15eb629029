-- How tries ended that were not the first and last: what the outbox itself keeps is the newest (store/attempts.c).
CREATE TABLE attempt (
	item INTEGER NOT NULL, -- outbox.id
	n INTEGER NOT NULL, -- from 1
	at INTEGER NOT NULL,
	state TEXT NOT NULL,
	status INTEGER NOT NULL,
	answer TEXT,
	PRIMARY KEY (item, n)
) STRICT, WITHOUT ROWID;
-- Almost every request arrives at once and has no row. Days without PlanFix must not fill the disk: the newest twenty stay.
CREATE TRIGGER outbox_attempt AFTER UPDATE OF state ON outbox
WHEN old.state = 'sending' AND NOT (new.state = 'sent' AND new.attempts = 1)
BEGIN
	INSERT OR REPLACE INTO attempt (item, n, at, state, status, answer)
	VALUES (new.id, new.attempts, new.changed, new.state, new.status, new.answer);
	DELETE FROM attempt WHERE item = new.id AND n <= new.attempts - 20;
END;
