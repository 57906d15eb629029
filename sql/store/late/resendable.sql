-- Not what retention has emptied, and not what was overtaken: an ACCEPTED after its COMPLETED would open the window again.
SELECT id
FROM outbox AS item
WHERE state = 'unknown' AND lost < :lost AND rank <= :rank AND body <> ''
	AND NOT (rank < 2 AND EXISTS (
		SELECT 1
		FROM outbox AS later
		WHERE later.callid = item.callid AND later.ext = item.ext
			AND (later.n, later.rank) > (item.n, item.rank) AND later.rank BETWEEN 1 AND 2
			AND +later.state IN ('sending', 'sent', 'rejected', 'unknown')))
ORDER BY id
