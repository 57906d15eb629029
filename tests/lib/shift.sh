# The capture's SQLite tables, moved in time. Source it behind tap.sh.
# shellcheck shell=sh

CAPTURE_ENDS=$(date -u -d '2026-11-23 01:55:16' +%s)

# shifted DB END [IDS]: appends the capture's rows to DB as if its last one had been written at the second END (UTC); their ids are IDS higher.
shifted() {
	by=$(($2 - CAPTURE_ENDS))
	[ -s "$1" ] || sqlite3 "$CAPTURE/master.db" .schema | sqlite3 "$1"
	sqlite3 -batch "$1" "ATTACH '$CAPTURE/master.db' AS kept;
		CREATE TEMP TABLE c AS SELECT * FROM kept.cel;
		CREATE TEMP TABLE d AS SELECT * FROM kept.cdr;
		UPDATE c SET AcctId = AcctId + ${3:-0}, eventtime = strftime('%Y-%m-%d %H:%M:%f', eventtime, '$by seconds'),
			uniqueid = (substr(uniqueid, 1, 10) + $by) || substr(uniqueid, 11), linkedid = (substr(linkedid, 1, 10) + $by) || substr(linkedid, 11);
		UPDATE d SET AcctId = AcctId + ${3:-0}, calldate = strftime('%Y-%m-%d %H:%M:%S', calldate, '$by seconds'),
			uniqueid = (substr(uniqueid, 1, 10) + $by) || substr(uniqueid, 11), linkedid = (substr(linkedid, 1, 10) + $by) || substr(linkedid, 11);
		INSERT INTO cel SELECT * FROM c; INSERT INTO cdr SELECT * FROM d;"
}
