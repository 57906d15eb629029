-- The first that still says something.
SELECT id
FROM outbox
WHERE id BETWEEN :first AND :last AND (body <> '' OR recording IS NOT NULL OR answer IS NOT NULL)
ORDER BY id
LIMIT 1
