SELECT id FROM recording WHERE id BETWEEN :first AND :last AND path <> '' ORDER BY id LIMIT 1
