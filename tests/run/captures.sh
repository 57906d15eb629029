#!/bin/sh
# The captures of a real Asterisk, rebuilt through SQLite and through a real MariaDB, against the measured truth. RIGHT may only grow.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
RIGHT=152

compare() { # NAME CONFIG
	"$CELSYNC" -c "$2" calls --from 2026-11-22 --to 2026-11-25 --json >"$T/$1.calls" 2>"$T/$1.err"
	is "$1: calls ends with 0" $? 0
	"$BUILD/tests/compare" "$CAPTURE/expect.json" $RIGHT <"$T/$1.calls" >"$T/$1.diff"
	ok "$1: $(tail -n 1 "$T/$1.diff" | tr -d '#')" $? "$T/$1.diff"
	is "$1: nothing is said on stderr" "$(cat "$T/$1.err")" ""
}

config "$T/sqlite.conf" "driver = sqlite
path = $CAPTURE/master.db"
compare SQLite "$T/sqlite.conf"

database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
config "$T/mariadb.conf" "driver = mariadb
socket = $socket
user = root"
compare MariaDB "$T/mariadb.conf"

# The test itself can fail: one call less, one fact wrong.
sed 1d "$T/SQLite.calls" | "$BUILD/tests/compare" "$CAPTURE/expect.json" $RIGHT >/dev/null
is "a missing call is noticed" $? 1
sed '1s/"talk":5/"talk":9/g' "$T/SQLite.calls" | "$BUILD/tests/compare" "$CAPTURE/expect.json" $RIGHT >/dev/null
is "a wrong talk time is noticed" $? 1

# One call by any of its linkedids; none where there is none.
one=$("$CELSYNC" -c "$T/sqlite.conf" calls --call 1795397523.140 --json | grep -c '"callid":"1795397518.138"')
is "a call is found by the linkedid of its consultation" "$one" 1
"$CELSYNC" -c "$T/sqlite.conf" calls --call 1795397918.283 --json >"$T/one"
grep '"callid":"1795397918.283"' "$T/SQLite.calls" >"$T/a"
grep '"callid":"1795397918.283"' "$T/one" | cmp -s - "$T/a"
ok "a conference looked for by its id is the same as in its period" $? "$T/one"
"$CELSYNC" -c "$T/sqlite.conf" calls --call 1.1 --json >"$T/none" 2>/dev/null
is "a call that is not there: status" $? 1
is "a call that is not there: nothing is printed" "$(cat "$T/none")" ""
half=$("$CELSYNC" -c "$T/sqlite.conf" calls --from 2026-11-23T01:47:00Z --to 2026-11-23T01:48:00Z --json | wc -l)
whole=$(grep -c '"start":"2026-11-23T01:47:' "$T/SQLite.calls")
is "a period holds the calls that began in it" "$half" "$whole"
grep '"start":"2026-11-23T01:47:' "$T/SQLite.calls" | sort >"$T/a"
"$CELSYNC" -c "$T/sqlite.conf" calls --from 2026-11-23T01:47:00Z --to 2026-11-23T01:48:00Z --json | sort >"$T/b"
cmp -s "$T/a" "$T/b"
ok "calls across the edges of a period come whole" $?

# CEL rows of whole calls are lost: CDR still knows them, and says so. And where CEL was off all along.
cp "$CAPTURE/master.db" "$T/lost.db"
sqlite3 "$T/lost.db" "delete from cel where linkedid in ('1795397150.0', '1795397535.142', '1795397306.60')"
config "$T/lost.conf" "driver = sqlite
path = $T/lost.db"
"$CELSYNC" -c "$T/lost.conf" calls --from 2026-11-22 --to 2026-11-25 --json >"$T/lost.calls"
is "calls without CEL rows are rebuilt from CDR" "$(grep -c '"basis":"cdr"' "$T/lost.calls")" 3
is "no call is lost" "$(wc -l <"$T/lost.calls")" "$(wc -l <"$T/SQLite.calls")"
"$BUILD/tests/compare" "$CAPTURE/expect.json" 150 <"$T/lost.calls" >"$T/diff"
ok "and are right as far as CDR tells: $(tail -n 1 "$T/diff" | tr -d '#')" $? "$T/diff"
sqlite3 "$T/lost.db" "delete from cel"
"$CELSYNC" -c "$T/lost.conf" calls --from 2026-11-22 --to 2026-11-25 --json |
	"$BUILD/tests/compare" "$CAPTURE/expect.json" 105 >"$T/diff"
ok "CEL off: $(tail -n 1 "$T/diff" | tr -d '#')" $? "$T/diff"
"$CELSYNC" -c "$T/lost.conf" sync --dry-run >"$T/dry" 2>/dev/null
is "CEL off: a pass would tell them" "$([ "$(wc -l <"$T/dry")" -gt 150 ] && echo yes)" yes
done_testing
