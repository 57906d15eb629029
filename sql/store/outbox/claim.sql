UPDATE outbox
SET state = 'sending', attempts = attempts + 1, changed = :now, lease = :lease,
	owner_boot = :boot, owner_pid = :pid, owner_start = :start
WHERE id = :id AND state = 'ready'
