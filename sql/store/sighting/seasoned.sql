SELECT id FROM sighting WHERE seen <= :before ORDER BY id DESC LIMIT 1
