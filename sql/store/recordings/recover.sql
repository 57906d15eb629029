UPDATE recording SET state = 'waiting' WHERE state = 'converting'
