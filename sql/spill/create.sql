-- Of a nameless file that is gone with the run: parcels of bytes, the names they are found by, and when they are due.
CREATE TABLE parcel (
	n INTEGER PRIMARY KEY,
	first INTEGER NOT NULL,
	due INTEGER NOT NULL,
	bytes BLOB NOT NULL
) STRICT;
CREATE INDEX parcel_first ON parcel (first);
CREATE INDEX parcel_due ON parcel (due);
CREATE TABLE name (
	name INTEGER NOT NULL,
	parcel INTEGER NOT NULL,
	PRIMARY KEY (name, parcel)
) STRICT, WITHOUT ROWID;
