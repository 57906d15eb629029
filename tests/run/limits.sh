#!/bin/sh
# Data that nobody expects: names that are SQL, markup, commands or no text at all, ids that are paths, a call of 5,000 rows and 300 legs
# that goes on for two days, and 100,000 calls that are open at once. SQLite, as its tables take anything; the whole program.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
[ ! -w /dev/shm ] || TMPDIR=${TMPDIR:-/dev/shm}
. "$TOP/tests/lib/tap.sh"
mkdir "$T/monitor"
world() {
	world=$1
	planfix "$world"
	sqlite3 "$CAPTURE/master.db" .schema | sqlite3 "$T/$world.rows"
	config "$T/$world.conf" "driver = sqlite
path = $T/$world.rows"
	sed -i 's/^settle = .*/settle = 10 ms/' "$T/$world.conf"
}
rows() { sqlite3 "$T/$world.rows" >"$T/$world.sql.err" 2>&1; }
sync() { "$CELSYNC" -c "$T/$world.conf" sync 2>"$T/$world.said"; }
told() { grep -c '"accepted":true' "$T/$world.log"; }

# One answered call for each name. The name is in everything that may carry one; the calls must be told as those of anybody else.
# Tried: the form's values not percent-encoded, not cleaned; a DID of any length sent as `diversion`.
planfix_more="data_did = {did}
data_text = {did} & more=1"
world hostile
planfix_more=
{
	echo 'begin;'
	# As hexadecimal UTF-8, or what is none: SQL, shell, HTML, form encoding, newline, escape sequences, 80 bytes cut in the middle of a character, NUL.
	k=0
	for hex in "$(printf "x'); DROP TABLE cel; --" | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf '$(touch %s/pwned); `touch %s/pwned`; | touch %s/pwned' "$T" "$T" "$T" | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf '<script>alert(1)</script>&amp;' | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf 'a=b&cmd=ping&planfix_token=x%%00%%0d%%0a+' | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf 'one\ntwo\r\nthree\ttab' | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf '\033]0;title\007\033[2J\033[31m\302\2332J' | od -An -v -tx1 | tr -d ' \n')" \
		"$(printf '%39s\320' '' | sed 's/ /\xd0\x96/g' | od -An -v -tx1 | tr -d ' \n')" \
		"fffec0af2e2e2f00deadbeef" "610062" "efbbbfe280ae7478742e657865"; do
		k=$((k + 1))
		name="cast(x'$hex' as text)"
		id="17953971$((50 + k)).$k"
		row() { # SECOND EVENT CHANNEL NUMBER UNIQUEID EXTRA
			echo "insert into cel (eventtype, eventtime, cidname, cidnum, cidani, cidrdnis, ciddnid, context, exten, channame, appname, appdata, uniqueid, linkedid, peer, userdeftype, eventextra)
				values ('$2', '2026-11-23 01:25:5$1', $name, '$4', '$4', $name, $name, $name, '74951110101', '$3', $name, $name, '$5', '$id', '', $name, '$6');"
		}
		row 0 CHAN_START "PJSIP/mango-000000$((10 + k))" 79162722336 "$id" ''
		row 1 CHAN_START "PJSIP/101-000000$((10 + k))" 101 "$id"1 ''
		row 2 ANSWER "PJSIP/101-000000$((10 + k))" 101 "$id"1 ''
		row 2 BRIDGE_ENTER "PJSIP/101-000000$((10 + k))" 101 "$id"1 "{\"bridge_id\":\"b$k\"}"
		row 2 BRIDGE_ENTER "PJSIP/mango-000000$((10 + k))" 79162722336 "$id" "{\"bridge_id\":\"b$k\"}"
		row 7 HANGUP "PJSIP/101-000000$((10 + k))" 101 "$id"1 '{"hangupcause":16'
		row 7 HANGUP "PJSIP/mango-000000$((10 + k))" 79162722336 "$id" '{"hangupcause":16,"hangupsource":"\u0000\ud800"}'
		row 7 CHAN_END "PJSIP/101-000000$((10 + k))" 101 "$id"1 ''
		row 7 CHAN_END "PJSIP/mango-000000$((10 + k))" 79162722336 "$id" ''
		row 7 LINKEDID_END "PJSIP/mango-000000$((10 + k))" 79162722336 "$id" ''
		echo "insert into cdr (calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, uniqueid, linkedid, did, recordingfile)
			values ('2026-11-23 01:25:50', $name, $name, $name, $name, $name, $name, 'Dial', $name, '$id', '$id', $name, '../../../../etc/passwd');"
	done
	# Ids that are paths, and recordings that are no files of the spool.
	for id in ../../etc/passwd /etc/shadow "a/b\c" ..; do
		printf '%s\n' "insert into cel (eventtype, eventtime, cidname, cidnum, channame, appname, appdata, uniqueid, linkedid, exten) values
			('CHAN_START', '2026-11-23 01:26:00', '', '79162722336', 'PJSIP/mango-0000009a', '', '', '$id', '$id', '74951110101'),
			('APP_START', '2026-11-23 01:26:00', '', '79162722336', 'PJSIP/mango-0000009a', 'MixMonitor', '/etc/passwd,ab', '$id', '$id', '74951110101'),
			('HANGUP', '2026-11-23 01:26:01', '', '79162722336', 'PJSIP/mango-0000009a', '', '', '$id', '$id', '74951110101');"
	done
	echo 'commit;'
} >"$T/sql"
rows <"$T/sql"
is "the rows are in" "$(cat "$T/hostile.sql.err")" ""
sync
is "hostile: the pass ends with 0" $? 0
is "hostile: each call is told as anybody's" "$(grep -c '"ext":"101".*"status":"Success"' "$T/hostile.log")" "$k"
is "hostile: with its talk" "$(grep '"status":"Success"' "$T/hostile.log" | grep -vc '"duration":"5"')" 0
is "hostile: nothing was done to the source" "$(sqlite3 "$T/hostile.rows" 'select count(*) from cel')" $((k * 10 + 12))
is "hostile: and nothing outside was made" "$(ls "$T/pwned" 2>/dev/null)" ""
for command in "show 1795397151.1" "calls --from 2026-11-22 --to 2026-11-25 --json" "report --from 2026-11-22 --to 2026-11-25 --json" "recordings --all"; do
	# shellcheck disable=SC2086 # words
	"$CELSYNC" -v -c "$T/hostile.conf" $command >"$T/out" 2>"$T/err"
	is "hostile: no control character in what ${command%% *} writes" "$(cat "$T/out" "$T/err" "$T/hostile.said" | LC_ALL=C tr -d '\n\t -~\200-\377' | wc -c)" 0
	iconv -f UTF-8 -t UTF-8 "$T/out" >/dev/null 2>&1
	ok "hostile: and all of it is UTF-8" $?
done
planfix_stop
ok "hostile: the strict stand-in found no fault" $? "$T/hostile.err"

# 300 phones rung in turn over two days, 5,000 rows and more; the last one answers. Tried: GROUP_STEPS_MAX at 1,000: it is told without its end.
world long
{
	echo "begin; insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata)
		values ('CHAN_START', '2026-11-20 01:00:00', '', '79162722336', 'PJSIP/mango-00000001', '1795136400.0', '1795136400.0', '74951110101', '', '', '', '');"
	# A phone rings for nine minutes, and on hold and off again the queue tells it each time.
	echo "with recursive leg(n) as (select 0 union all select n + 1 from leg where n < 299), step(k) as (select 0 union all select k + 1 from step where k < 15)
		insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata)
		select case k when 0 then 'CHAN_START' when 14 then 'HANGUP' when 15 then 'CHAN_END' else case k % 2 when 1 then 'STREAM_BEGIN' else 'STREAM_END' end end,
			datetime(1795136400 + 576 * n + 35 * k, 'unixepoch'), '', '', 'PJSIP/' || (1000 + n) || '-' || printf('%08x', n), (1795136400 + 576 * n) || '.' || (n + 1), '1795136400.0', 's', '',
			case when k = 14 then '{\"hangupcause\":26}' when k % 2 = 1 then '{\"class\":\"default\"}' else '' end, '', ''
		from leg, step where n < 299 or k < 1 order by n, k;"
	for event in "0 ANSWER 1299-0000012b 299" "1 BRIDGE_ENTER 1299-0000012b 299" "1 BRIDGE_ENTER mango-00000001 -1" "601 HANGUP 1299-0000012b 299" \
		"601 CHAN_END 1299-0000012b 299" "601 HANGUP mango-00000001 -1" "601 CHAN_END mango-00000001 -1" "601 LINKEDID_END mango-00000001 -1"; do
		# shellcheck disable=SC2086 # words
		set -- $event
		if [ "$4" = -1 ]; then id=1795136400.0; else id=$((1795136400 + 576 * $4)).$(($4 + 1)); fi
		echo "insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata) values
			('$2', datetime($((1795136400 + 576 * 299 + 10 + $1)), 'unixepoch'), '', '', 'PJSIP/$3', '$id', '1795136400.0', 's', '',
			'$(case $2 in B*) echo '{"bridge_id":"b"}' ;; H*) echo '{"hangupcause":16}' ;; esac)', '', '');"
	done
	echo 'commit;'
} >"$T/sql"
rows <"$T/sql"
is "the rows are in" "$(cat "$T/long.sql.err") $(sqlite3 "$T/long.rows" 'select count(*) >= 4700 from cel')" " 1"
sync
is "long: the pass ends with 0" $? 0
is "long: each of 300 is told once" "$(told) $(grep -o '"ext":"[0-9]*"' "$T/long.log" | sort -u | wc -l)" "300 300"
is "long: whoever talked, with the talk" "$(grep '"ext":"1299"' "$T/long.log" | grep -c '"status":"Success".*"duration":"600"\|"duration":"600".*"status":"Success"')" 1
is "long: the others are Cancelled" "$(grep -c '"status":"Cancelled"' "$T/long.log")" 299
planfix_stop
ok "long: the strict stand-in found no fault" $? "$T/long.err"

# within MIB COMMAND ...: with no more memory than that for data (the stack and the code are not counted). A sanitizer needs more than it can say.
# shellcheck disable=SC3045 # dash, bash and busybox know it
within() {
	(
		[ -n "${ASAN_OPTIONS:-}" ] || ulimit -d $(($1 * 1024)) || exit
		shift
		exec "$@"
	)
}

# 100,000 calls that are open and have been read: they live in the store, and a pass takes no more memory for them than for a few; those
# whose time has come are asked for in portions. Tried: OPEN_AT_ONCE without end: the pass needs more memory than it is given here.
world open
echo "insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata) values
	('CHAN_START', datetime('now', '-2 hours'), '', '79162722336', 'PJSIP/mango-00000000', '1795136400.0', '1795136400.0', '74951110101', '', '', '', '');
	create index cel_uniqueid on cel (uniqueid); create index cel_linkedid on cel (linkedid)" | rows
sync
echo "with recursive call(n) as (select 1 union all select n + 1 from call where n < 100000)
	insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata)
	select 'CHAN_START', datetime('now', '-1 hour'), '', '79162722336', 'PJSIP/mango-' || printf('%08x', n), (strftime('%s', 'now', '-1 hour')) || '.' || n,
		(strftime('%s', 'now', '-1 hour')) || '.' || n, '74951110101', '', '', '', '' from call" | rows
sqlite3 "$T/open.conf.db" "attach '$T/open.rows' as source" "insert or ignore into open_call select linkedid, linkedid, (strftime('%s', 'now') - 3600) * 1000000,
		(strftime('%s', 'now') - 3600) * 1000000, 0 from source.cel" "update checkpoint set cursor = (select max(AcctId) from source.cel)" 2>"$T/open.sql.err"
bounded() { within 64 "$CELSYNC" -c "$T/open.conf" sync 2>>"$T/open.said"; }
bounded
is "open: a pass beside them ends with 0" $? 0
is "open: a portion of them was asked for" "$(sqlite3 "$T/open.conf.db" 'select count(*) between 1000 and 10000 from open_call where asked > 0')" 1
bounded
is "open: and so does the next" $? 0
is "open: none is given up" "$(sqlite3 "$T/open.conf.db" 'select count(*) from open_call')" 100001
is "open: nothing is said" "$(cat "$T/open.said")" ""
planfix_stop

# As many calls as this, all of them begun before the first of them ends: OPEN_CALLS=1000000 for a million (make million). Their rows come by kind,
# not by call: all begin, all are answered, all hang up. What memory is not meant for waits in a file, and each call is told once, as it was.
# Tried: groups not shed (HELD_MOST without end): the pass needs more memory than it is given here.
open_calls=${OPEN_CALLS:-12000}
world many
echo "create index cel_uniqueid on cel (uniqueid); create index cel_linkedid on cel (linkedid); pragma journal_mode = off; pragma synchronous = off;
	create table begin (e integer); insert into begin values (strftime('%s', 'now', '-3 hours'))" | rows
# A call's number is its place among them; a second holds many of them. \$1: what they do at once, as a table event (k, leg, type, at, extra).
all_calls() {
	echo "with recursive call(n) as (select 1 union all select n + 1 from call where n < $open_calls), event(k, leg, type, at, extra) as (values $1)
		insert into cel (eventtype, eventtime, cidname, cidnum, channame, uniqueid, linkedid, exten, peer, eventextra, appname, appdata)
		select type, datetime(e + at + n * 600 / $open_calls, 'unixepoch'), '', case leg when 0 then '7916' || printf('%07d', n) else '101' end,
			case leg when 0 then 'PJSIP/mango-' else 'PJSIP/101-' end || printf('%08x', n), (e + n * 600 / $open_calls) || '.' || (2 * n + leg),
			(e + n * 600 / $open_calls) || '.' || (2 * n), case leg when 0 then '74951110101' else 's' end, '', replace(extra, '#', 'b' || n), '', ''
		from call, begin, event order by at, n, k" | rows
}
many() { within "$1" "$CELSYNC" -c "$T/many.conf" sync 2>>"$T/many.said"; }
all_calls "(0, 0, 'CHAN_START', 0, ''), (1, 1, 'CHAN_START', 0, '')"
many 64
is "many: the first pass over calls that are all open ends with 0" $? 0
is "many: all of them are in the store" "$(sqlite3 "$T/many.conf.db" 'select count(*) from open_call')" "$open_calls"
is "many: none is told" "$(told)" 0
all_calls "(2, 1, 'ANSWER', 700, ''), (3, 1, 'BRIDGE_ENTER', 700, '{\"bridge_id\":\"#\"}'), (4, 0, 'BRIDGE_ENTER', 700, '{\"bridge_id\":\"#\"}'),
	(5, 1, 'HANGUP', 1400, '{\"hangupcause\":16}'), (6, 0, 'HANGUP', 1400, '{\"hangupcause\":16}'), (7, 0, 'LINKEDID_END', 1400, '')"
within 64 "$CELSYNC" -c "$T/many.conf" backfill --from 2020-01-01 --to 2040-01-01 --dry-run 2>"$T/many.summary" >"$T/many.dry"
is "many: a backfill of them ends with 0" $? 0
is "many: and shows each of them" "$(grep -c '"status":"Success".*"duration":"700"\|"duration":"700".*"status":"Success"' "$T/many.dry") $(grep -o '"callid":"[^"]*"' "$T/many.dry" | sort -u | wc -l)" \
	"$open_calls $open_calls"
for i in 1 2 3; do many 64 || break; done
is "many: passes over the rows with which all of them end, end with 0" $? 0
is "many: none is left open" "$(sqlite3 "$T/many.conf.db" 'select count(*) from open_call')" 0
is "many: each is told once, as it was" "$(told) $(grep '"status":"Success"' "$T/many.log" | grep '"duration":"700"' | grep -o '"callid":"[^"]*"' | sort -u | wc -l)" \
	"$open_calls $open_calls"
planfix_stop
ok "many: the strict stand-in found no fault" $? "$T/many.err"
is "many: nothing is said" "$(grep -vc '^$\| info ' "$T/many.said")" 0
done_testing
