-- Whether retention has emptied recordings of a call: their names are not known any more.
-- The + keeps SQLite from looking through all that are emptied instead of those of one call.
SELECT 1 FROM recording WHERE callid = :callid AND +path = '' LIMIT 1
