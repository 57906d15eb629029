-- How many other calls still wait for the same file. The words in parentheses are those of the index.
SELECT count(*)
FROM recording
WHERE path = :path AND state IN ('waiting', 'converting') AND (state <> 'none' OR wav_gone > 0 OR path = '')
