INSERT INTO trouble (one, at, status, words) VALUES (1, :at, :status, :words)
ON CONFLICT (one) DO UPDATE SET at = excluded.at, status = excluded.status, words = excluded.words
