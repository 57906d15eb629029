INSERT INTO gap (first, last, since) VALUES (:first, :last, :since)
