SELECT state, count(*) FROM recording GROUP BY state
