-- What remains of a gap behind the filled range.
INSERT INTO gap (first, last, since)
SELECT :last + 1, last, since FROM gap WHERE first <= :last AND last > :last
