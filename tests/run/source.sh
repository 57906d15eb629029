#!/bin/sh
# What a source can do to a pass: rows that come late, a table that is purged, restored or swapped, CDR in batches, a server that
# goes away or does not answer. Each case says how it was seen to fail with its protection taken out.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

sql() { mariadb --no-defaults -S "$socket" -uroot -N -B "$@"; }
run() { # NAME: one pass; its status, its words in $T/NAME.err, what PlanFix has by now in planfix.log
	"$CELSYNC" -c "$T/source.conf" sync 2>"$T/$1.err"
}
told() { grep -c "\"callid\":\"$1\"" "$T/planfix.log"; }
cursor() { sqlite3 "$T/source.conf.db" 'select cursor from checkpoint'; }

recordings_there
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
# The whole capture under another name; the table that is read grows as a real one does.
sql -e 'create database kept; rename table asteriskcdrdb.cel to kept.cel, asteriskcdrdb.cdr to kept.cdr;
	create table asteriskcdrdb.cel like kept.cel; create table asteriskcdrdb.cdr like kept.cdr'
add_cel() { sql asteriskcdrdb -e "insert into cel select * from kept.cel where $1"; }
add_cdr() { sql asteriskcdrdb -e "insert into cdr select * from kept.cdr where $1"; }
planfix planfix
config "$T/source.conf" "driver = mariadb
socket = $socket
user = root"

# Rows committed late, below the cursor. Without table_note_gaps the call is never told.
add_cel 'id <= 380'
add_cdr 'calldate < "2026-11-23 01:28:30"'
run first
is "a first pass" $? 0
add_cel '(id > 380 and id < 388) or (id > 431 and id <= 700)'
add_cdr 'calldate >= "2026-11-23 01:28:30"'
run second
is "a pass over a table with a gap" $? 0
is "the call whose rows are not there yet is not told" "$(told 1795397316.67)" 0
is "the cursor is behind them" "$([ "$(cursor)" -ge 432 ] && echo yes)" yes
add_cel 'id between 388 and 431'
run late
is "a pass after they came" $? 0
is "the call is told to both who rang" "$(told 1795397316.67)" 2
before=$(wc -l <"$T/planfix.log")
run again
is "and not a second time" "$(wc -l <"$T/planfix.log")" "$before"

# CDR written in batches. Without needs_cdr the call is skipped for good: nobody rang, and only CDR knows who should have.
sql asteriskcdrdb -e 'delete from cdr where uniqueid = "1795397235.22"'
sql asteriskcdrdb -e 'create table batch like cdr'
add_cel 'id between 701 and 900'
sql asteriskcdrdb -e 'insert into cel select id + 100000, eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context,
	channame, appname, appdata, amaflags, accountcode, concat(uniqueid, "7"), concat(linkedid, "7"), peer, userdeftype, extra
	from kept.cel where id between 146 and 154 and appname <> "MixMonitor"'
run batch
is "a call to a phone that is off is not told before its CDR record came" "$(told 1795397235.227)" 0
sql asteriskcdrdb -e 'insert into batch select * from kept.cdr where uniqueid = "1795397235.22";
	update batch set uniqueid = concat(uniqueid, "7"), linkedid = concat(linkedid, "7"); insert into cdr select * from batch'
sqlite3 "$T/source.conf.db" 'update open_call set asked = 0' 2>/dev/null || sqlite3 "$T/source.conf.db" 'update open set asked = 0'
run batch
is "and is told once it is there" "$(told 1795397235.227)" 1
sql asteriskcdrdb -e 'delete from cel where id > 100000; alter table cel auto_increment = 1000'

# A purge of old rows is legitimate. (Without the test for purged marks: status 69.)
run purge
add_cel 'id between 901 and 1500'
run purge
sql asteriskcdrdb -e 'delete from cel where id < 700'
run purge
is "a purge of old rows disturbs nothing" $? 0
is "and needs no words" "$(cat "$T/purge.err" | grep -vc 'info ')" 0

# An older backup was put in: reading goes on behind the newest row that still matches.
add_cel 'id between 1501 and 1700'
run restored
sql asteriskcdrdb -e 'delete from cel where id > 1500'
sql asteriskcdrdb -e 'insert into cel select id - 1500, eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context,
	channame, appname, appdata, amaflags, accountcode, uniqueid, linkedid, peer, userdeftype, extra from kept.cel where id between 3009 and 3100'
run restored
is "a restored table: the pass goes on" $? 0
grep -q 'are not those that were read before' "$T/restored.err"
ok "and says so" $? "$T/restored.err"

# Another table altogether: stop, and say what to do.
sql asteriskcdrdb -e 'update cel set uniqueid = concat("x", uniqueid)'
run swapped
is "a swapped table stops the pass" $? 69
grep -q 'emptied, swapped or restored' "$T/swapped.err" && grep -q 'move the store' "$T/swapped.err"
ok "and the message says what to do" $? "$T/swapped.err"
sql asteriskcdrdb -e 'update cel set uniqueid = substr(uniqueid, 2)'
run back
is "the old table again: all is well" $? 0

# A table that is locked, and a server that is gone: nothing is lost, what waits is sent all the same.
mkfifo "$T/lock"
sql -n asteriskcdrdb <"$T/lock" >"$T/is-locked" &
locker=$!
pids="$pids $locker"
exec 8>"$T/lock"
echo "lock tables cel write; select 'locked';" >&8
wait_for grep -q locked "$T/is-locked"
sed -i 's/^user = root/&\ntimeout = 1/' "$T/source.conf"
run locked
is "a locked table: status" $? 69
is "one message and its remedy" "$(grep -c '^celsync: ' "$T/locked.err")" 1
sed -i '/^timeout = 1$/d' "$T/source.conf"
exec 8>&-
wait $locker
run unlocked
is "and after the lock" $? 0
"$TOP/tests/mariadb.sh" stop "$mysql"
run gone
is "the server is gone: status" $? 69
grep -q "$socket" "$T/gone.err"
ok "the message names the socket" $? "$T/gone.err"
MARIADB_OWNER=$$ "$TOP/tests/mariadb.sh" start "$mysql" >/dev/null
run here
is "and when it is here again" $? 0
planfix_stop
ok "PlanFix saw nothing twice and nothing wrong" $? "$T/planfix.err"
done_testing
