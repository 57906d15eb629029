-- How many other calls still wait for the same file.
SELECT count(*) FROM recording WHERE path = :path AND state IN ('waiting', 'converting')
