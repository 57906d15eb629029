-- What delivery remembers of a request (store/late.c).
ALTER TABLE outbox ADD COLUMN lost INTEGER NOT NULL DEFAULT 0; -- how many of its answers were lost
ALTER TABLE outbox ADD COLUMN owes_link INTEGER NOT NULL DEFAULT 0
	CHECK (owes_link IN (0, 1)); -- 1: it said is_recorded=1 and gave no link
CREATE INDEX outbox_owes_link ON outbox (id) WHERE owes_link = 1;
CREATE INDEX outbox_doubt ON outbox (id) WHERE state = 'ready' AND attempts > 0 AND status = 0;
-- Whoever makes a request unknown, delivery or the recovery after a crash: it is counted.
CREATE TRIGGER outbox_lost AFTER UPDATE OF state ON outbox
WHEN new.state = 'unknown' AND old.state <> 'unknown'
BEGIN
	UPDATE outbox SET lost = lost + 1 WHERE id = new.id;
END;
