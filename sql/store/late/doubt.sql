SELECT 1 FROM outbox INDEXED BY outbox_doubt WHERE state = 'ready' AND attempts > 0 AND status = 0 LIMIT 1
