UPDATE attempt
SET answer = NULL
WHERE item BETWEEN :first AND :last AND answer IS NOT NULL
	AND EXISTS (SELECT 1 FROM outbox WHERE outbox.id = attempt.item AND outbox.body = '')
