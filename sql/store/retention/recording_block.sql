SELECT id, since FROM recording WHERE id > :after ORDER BY id LIMIT :limit
