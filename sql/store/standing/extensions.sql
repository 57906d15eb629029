-- Whom the newest requests were for.
SELECT DISTINCT ext FROM outbox WHERE id > (SELECT max(id) FROM outbox) - :newest ORDER BY ext
