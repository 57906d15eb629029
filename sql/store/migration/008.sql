-- Backfill jobs: calls that began in began_from <= t < began_to; rows with id < next_id are done. Times: µs UTC.
CREATE TABLE job (
	began_from INTEGER NOT NULL,
	began_to INTEGER NOT NULL,
	next_id INTEGER NOT NULL,
	last_id INTEGER NOT NULL,
	began INTEGER NOT NULL,
	changed INTEGER NOT NULL,
	finished INTEGER NOT NULL,
	calls INTEGER NOT NULL,
	events INTEGER NOT NULL,
	PRIMARY KEY (began_from, began_to)
) STRICT, WITHOUT ROWID;
