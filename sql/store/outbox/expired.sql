-- Named, because SQLite would rather look through all that is ready.
SELECT id FROM outbox INDEXED BY outbox_expires
WHERE state = 'ready' AND expires > 0 AND expires <= :now
UNION
SELECT id FROM outbox WHERE state = 'ready' AND created < :given_up AND wanted < :given_up
