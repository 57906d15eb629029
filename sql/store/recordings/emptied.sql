-- The + keeps SQLite from looking through all that are emptied instead of those of one call.
SELECT EXISTS (SELECT 1 FROM recording WHERE callid = :callid AND +path = '')
