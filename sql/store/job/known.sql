-- Whether anything is known of calls of a period: 1 or 0.
SELECT EXISTS (SELECT 1 FROM outbox WHERE call_start >= :from AND call_start < :to)
