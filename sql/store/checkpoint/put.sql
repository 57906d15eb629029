INSERT INTO checkpoint (one, cursor, start, first_pass, last_pass)
VALUES (1, :cursor, :start, :first_pass, :last_pass)
ON CONFLICT (one) DO UPDATE
SET cursor = excluded.cursor, start = excluded.start, first_pass = excluded.first_pass,
	last_pass = excluded.last_pass
