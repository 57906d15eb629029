SELECT state, count(*), min(created) FROM outbox GROUP BY state
