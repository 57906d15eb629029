DELETE FROM mark WHERE id > :id
