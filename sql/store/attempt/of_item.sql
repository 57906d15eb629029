SELECT n, at, state, status, answer FROM attempt WHERE item = :item ORDER BY n
