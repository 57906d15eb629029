SELECT count(*) FROM outbox WHERE state = :state AND changed > :since
