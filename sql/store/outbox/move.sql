-- The last answer is kept until there is another one: expiry and replay bring none.
UPDATE outbox
SET state = :to, changed = :now,
	status = CASE WHEN :status = 0 AND :answer IS NULL THEN status ELSE :status END,
	answer = CASE WHEN :status = 0 AND :answer IS NULL THEN answer ELSE :answer END,
	not_before = CASE WHEN :to = 'ready' THEN :not_before ELSE not_before END,
	wanted = CASE WHEN :to = 'ready' AND :from <> 'sending' THEN :now ELSE wanted END,
	lease = 0, owner_boot = NULL, owner_pid = NULL, owner_start = NULL
WHERE id = :id AND state = :from
