-- What goes again stands behind live traffic.
UPDATE outbox SET priority = :priority WHERE id = :id AND state = 'ready'
