UPDATE recording SET state = 'converting', attempts = attempts + 1 WHERE id = :id AND state = 'waiting'
