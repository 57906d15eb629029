UPDATE outbox SET owes_link = :owes WHERE id = :id
