#!/bin/sh
# `celsync sync` from end to end: a real capture, a real MariaDB, a strict stand-in PlanFix, MP3s.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

# What PlanFix was told, without what differs from run to run, in an order of its own.
requests() {
	sed -n 's/.*"cmd":"\([a-z]*\)","fields":\({[^}]*}\).*/\1 \2/p' "$T/$1.log" | sort
}
without_duration() { sed 's/"duration":"[0-9]*"//'; }
table() { sqlite3 "$1" "select * from $2 order by 1, 2" 2>&1; }
everything() { for t in outbox recording window; do table "$1" $t; done; table "$1" checkpoint | sed 's/|[^|]*$//'; }

recordings_there
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
planfix_more="data_call_start = {call_start}"

planfix sqlite
config "$T/sqlite.conf" "driver = sqlite
path = $CAPTURE/master.db"
"$CELSYNC" -c "$T/sqlite.conf" sync 2>"$T/sync.err"
ok "sync ends with 0" $? "$T/sync.err"
completed=$(grep -c '"event":"COMPLETED"' "$T/sqlite.log")
wanted=$("$CELSYNC" -c "$T/sqlite.conf" calls --from 2026-11-22 --to 2026-11-25 --json |
	grep '"skip":null' | grep -o '"ext":"[^"]*"[^}]*"status":"[A-Za-z]*"' | wc -l)
is "every employee of every call got one COMPLETED" "$completed" "$wanted"
is "a hundred and more" "$([ "$completed" -gt 150 ] && echo yes)" yes
mp3=$(find "$T/monitor" -name '*.mp3' | wc -l)
is "MP3s were made" "$([ "$mp3" -gt 100 ] && echo yes)" yes
is "no temporary file is left" "$(find "$T/monitor" "$T/public" -name '.*' -type f)" ""
link=$(grep -o '"record_link":"[^"]*"' "$T/sqlite.log" | head -n 1 | cut -d'"' -f4)
file=$T/public/$(printf '%s' "${link#https://calls.example.com/r/}" | sed 's/%2B/+/g')
is "a link leads to a file of the publish folder" "$([ -s "$file" ] && echo yes)" yes
mpg123 -q -t "$file" 2>"$T/mpg123"
ok "and that MP3 plays" $? "$T/mpg123"
grep -rq "$TOKEN" "$T/sqlite.conf.db" "$T/sync.err"
is "the token is neither in the store nor in a message" $? 1

# Nothing is left to do.
everything "$T/sqlite.conf.db" >"$T/before"
before=$(wc -l <"$T/sqlite.log")
touch "$T/mark"
"$CELSYNC" -c "$T/sqlite.conf" sync 2>"$T/second.err"
is "a second run ends with 0" $? 0
is "a second run says nothing" "$(cat "$T/second.err")" ""
is "a second run makes no request" "$(wc -l <"$T/sqlite.log")" "$before"
is "a second run converts nothing" "$(find "$T/monitor" "$T/public" -newer "$T/mark" -type f)" ""
everything "$T/sqlite.conf.db" >"$T/after"
cmp -s "$T/before" "$T/after"
ok "a second run leaves outbox, recordings and cursor as they were" $?
planfix_stop
ok "the strict stand-in found no fault" $? "$T/sqlite.err"

# The same through MariaDB.
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
planfix mariadb
config "$T/mariadb.conf" "driver = mariadb
socket = $socket
user = root"
"$CELSYNC" -c "$T/mariadb.conf" sync 2>"$T/sync.err"
ok "sync through MariaDB ends with 0" $? "$T/sync.err"
planfix_stop
ok "no fault through MariaDB" $? "$T/mariadb.err"
requests sqlite | without_duration >"$T/a"
requests mariadb | without_duration >"$T/b"
diff "$T/a" "$T/b" >"$T/diff"
ok "both sources give the same requests, but for durations" $? "$T/diff"
durations() { requests "$1" | sed -n 's/.*"callid":"\([^"]*\)".*"ext":"\([^"]*\)".*/&/p' | sed 's/.*"duration":"\([0-9]*\)".*/\1/'; }
keys() { requests "$1" | without_duration | md5sum; }
is "in the same order" "$(keys sqlite)" "$(keys mariadb)"
far() { # pairs of durations that differ by more than a second, in the order of the other fields
	for n in sqlite mariadb; do
		requests $n | sed 's/\(.*\)"duration":"\([0-9]*\)"\(.*\)/\1\3\t\2/' | sort >"$T/$n.durations"
	done
	cut -f2 "$T/sqlite.durations" >"$T/da"
	cut -f2 "$T/mariadb.durations" | paste "$T/da" - | awk '$1 - $2 > 1 || $2 - $1 > 1' | wc -l
}
is "durations agree within a second" "$(far)" 0

# The SQLite file cut to whole seconds gives byte for byte what MariaDB gives.
cp "$CAPTURE/master.db" "$T/cut.db"
sqlite3 "$T/cut.db" "update cel set eventtime = substr(eventtime, 1, 19)"
planfix cut
config "$T/cut.conf" "driver = sqlite
path = $T/cut.db"
"$CELSYNC" -c "$T/cut.conf" sync 2>"$T/sync.err"
ok "sync on times cut to seconds ends with 0" $? "$T/sync.err"
planfix_stop
requests cut >"$T/a"
requests mariadb >"$T/b"
diff "$T/a" "$T/b" >"$T/diff"
ok "cut to seconds, the requests are the same byte for byte" $? "$T/diff"

# A dry run shows the same and changes nothing.
config "$T/dry.conf" "driver = sqlite
path = $T/cut.db"
"$CELSYNC" -c "$T/dry.conf" sync --dry-run >"$T/dry" 2>"$T/dry.err"
is "a dry run ends with 0" $? 0
is "a dry run prints each request" "$(wc -l <"$T/dry")" "$(wc -l <"$T/cut.log")"
is "a dry run makes no store" "$(find "$T" -name 'dry.conf.db*')" ""
is "a dry run prints no token" "$(grep -c "$TOKEN" "$T/dry")" 0

# Where to begin: by default from now on; or at a time.
planfix now
config "$T/now.conf" "driver = sqlite
path = $CAPTURE/master.db"
sed -i '/^start = /d' "$T/now.conf"
"$CELSYNC" -c "$T/now.conf" sync 2>"$T/now.err"
is "a first run that begins now ends with 0" $? 0
is "and reports nothing of the past" "$(wc -l <"$T/now.log")" 0
grep -q 'left to backfill' "$T/now.err"
ok "and says what it leaves" $? "$T/now.err"
"$CELSYNC" -c "$T/now.conf" sync 2>"$T/now.err"
is "nor does the second" "$(wc -l <"$T/now.log")" 0
planfix_stop
planfix from
config "$T/from.conf" "driver = sqlite
path = $CAPTURE/master.db"
sed -i "s|^start = .*|start = 2026-11-23T01:45:00Z|" "$T/from.conf"
TZ=UTC "$CELSYNC" -c "$T/from.conf" sync 2>"$T/from.err"
is "a first run from a time ends with 0" $? 0
first=$(grep -o '"data_call_start":"[^"]*"' "$T/from.log" | sort | head -n 1 | cut -d'"' -f4)
is "and reports nothing older" "$(printf '%s\n2026-11-23T01:45:00\n' "$first" | sort | head -n 1)" 2026-11-23T01:45:00
is "and reports what came after" "$([ "$(wc -l <"$T/from.log")" -gt 40 ] && echo yes)" yes
planfix_stop

# One run at a time.
exec 9>"$T/dry.conf.db.read.lock"
flock 9
"$CELSYNC" -c "$T/dry.conf" sync >"$T/busy" 2>&1
is "a second run at the same time: 75" $? 75
is "and silently" "$(cat "$T/busy")" ""
exec 9>&-

# status
"$CELSYNC" -c "$T/sqlite.conf" status --json >"$T/status"
is "status ends with 0" $? 0
grep -A1 '"sent"' "$T/status" | grep -q "\"count\": $completed,\{0,1\}"
ok "status counts what was sent" $? "$T/status"
done_testing
