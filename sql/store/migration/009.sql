-- The same constraints in words that cost a fiftieth: for every row written, SQLite fills a table in memory to look into a list of more
-- than two values. What is on the disk stays as it is, so the text alone is changed (www.sqlite.org/lang_altertable.html, section 7).
PRAGMA writable_schema = ON;
UPDATE sqlite_schema
SET sql = replace(sql,
	'state IN (''ready'', ''sending'', ''sent'', ''rejected'', ''unknown'', ''expired'')',
	'state = ''ready'' OR state = ''sending'' OR state = ''sent'' OR state = ''rejected'' OR state = ''unknown'' OR state = ''expired''')
WHERE type = 'table' AND name = 'outbox';
UPDATE sqlite_schema
SET sql = replace(sql,
	'state IN (''waiting'', ''converting'', ''done'', ''none'', ''failed'')',
	'state = ''waiting'' OR state = ''converting'' OR state = ''done'' OR state = ''none'' OR state = ''failed''')
WHERE type = 'table' AND name = 'recording';
PRAGMA writable_schema = RESET;
