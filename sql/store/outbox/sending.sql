SELECT id, lease, owner_boot, owner_pid, owner_start FROM outbox WHERE state = 'sending' ORDER BY id
