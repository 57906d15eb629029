#!/bin/sh
# The promise, under everything at once: a real MariaDB into which calls come all the time, a stand-in PlanFix, and random faults in
# the database, in PlanFix, on the disk and of the runs themselves. Then the faults stop, passes go on until nothing is left to do, and what
# arrived is held against what one undisturbed pass over the same table tells, to the last event:
#   each event arrived exactly once; but twice, or not at all, only where the store lists its answer as lost
#   in its order, with the same fields; each call with its recording's link where it has one
#
#   SOAK_MINUTES=30   how long calls and faults come
#   SOAK_SEED=N       the same faults and calls again (their moments depend on the machine); a random one by default, printed
#   SOAK_CALLS=40     stretches of the capture a minute, of one or several calls each
#   SOAK_WATCH=poll   most runs are `celsync watch`, which also opens the windows; or hook: `celsync announce` does, for each phone that rings.
#                     The undisturbed pass opens none, so what is asked of windows is: each was closed, none opened behind its end
#   SOAK_KEEP=DIR     keeps logs and stores there
#
# The store and the recordings lie on small file systems of their own, which fill up; they are mounted in a namespace that ends with this
# script. Where that is not allowed, faults of the disk are left out, and it is said. From 30 minutes on docs/SOAK.md gets the figures.
#
# Tried: outbox_recover() making ready what it must make unknown: events arrive twice and are not listed. (The cursor moved to the newest row
# is not seen here: ids that are missing below it are asked for again.)
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
if [ -z "${SOAK_DISK:-}" ]; then
	for how in -m -rm; do
		unshare $how mount -t tmpfs -o size=1m none /mnt 2>/dev/null && SOAK_DISK=yes exec unshare $how sh "$0"
	done
	SOAK_DISK=no
fi
. "$TOP/tests/lib/tap.sh"
MINUTES=${SOAK_MINUTES:-30}
LIVE=$((MINUTES * 60))
SEED=${SOAK_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
HERE=$TOP/tests/soak
LATE=2 # seconds; some rows are committed so much later than those with higher ids
WATCH=${SOAK_WATCH:-}
case $WATCH in '' | poll | hook) ;; *) echo "Bail out! SOAK_WATCH=poll or hook"; exit 1 ;; esac
echo "# SOAK_SEED=$SEED, $MINUTES minutes${WATCH:+, SOAK_WATCH=$WATCH}"

sql() { mariadb --no-defaults --local-infile=1 -S "$socket" -uroot -N -B "$@"; }
store() { sqlite3 -cmd '.timeout 20000' "$T/store/db" "$1"; }
now() { date +%s; }
noted() { store "select callid || ' ' || ext || ' ' || event from outbox where $1" | sort; }
# arrived NAME: what that stand-in accepted, as judge.awk reads it.
arrived() {
	grep '"accepted":true' "$T/$1.log" | sed -n 's/.*"cmd":"\(event\|record\)","fields":{\([^}]*\)}.*/\1 \2/p' | awk '
		function field(name) { return match($0, "\"" name "\":\"[^\"]*\"") ? substr($0, RSTART + length(name) + 4, RLENGTH - length(name) - 5) : "" }
		{
			link = field("record_link") == "" ? "no" : "yes"
			rest = $0
			gsub(/,?"(record_link|is_recorded)":"[^"]*"/, "", rest)
			print $1 "\t" field("callid") "\t" field("ext") "\t" field("event") "\t" field("is_recorded") "\t" link "\t" rest
		}'
}

# The world.
mkdir "$T/store" "$T/monitor"
if [ "$SOAK_DISK" = yes ]; then
	mount -t tmpfs -o size=24m none "$T/store"
	mount -t tmpfs -o size=$((64 + 8 * MINUTES))m none "$T/monitor"
	trap 'umount -l "$T/store" "$T/monitor"; cleanup' EXIT
else
	echo "# no file system may be mounted here: faults of the disk are left out"
fi
mysql=$T/mysql
# A commit survives the end of the server, if not that of the machine.
start_database() { MARIADB_OWNER=$$ "$TOP/tests/mariadb.sh" start "$mysql" --innodb-flush-log-at-trx-commit=2 >"$T/socket" 2>"$T/mysql.err"; }
start_database || { sed "s/^/# /" "$T/mysql.err"; echo "Bail out! no MariaDB"; exit 1; }
socket=$(cat "$T/socket")
"$TOP/tests/mariadb.sh" load "$mysql" asteriskcdrdb "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
sql -e "set global time_zone = '+00:00'; create user celsync@localhost; grant select on asteriskcdrdb.* to celsync@localhost"
# Up to the capture's first restart.
restart=$(sql asteriskcdrdb -e "select min(id) from cel where uniqueid in ('1795398460.0', '1795398460.1')")
sql asteriskcdrdb -e "set time_zone = '+00:00'; select id, eventtype, unix_timestamp(eventtime), cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context,
	channame, appname, appdata, amaflags, accountcode, uniqueid, linkedid, peer, userdeftype, extra from cel where id < $restart order by id" >"$T/cel.tsv"
sql asteriskcdrdb -e "set time_zone = '+00:00'; select unix_timestamp(calldate), clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec,
	disposition, amaflags, accountcode, uniqueid, userfield, did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, linkedid,
	peeraccount, sequence from cdr" >"$T/cdr.tsv"
find "$CAPTURE/monitor" -name '*.wav' | awk -F/ -v OFS='\t' '{ name = $NF; sub(/\.wav$/, "", name); print name, $0 }' >"$T/wavs"
from=$(($(now) + 15))
day=$(date -u -d "@$from" +/%Y/%m/%d/)
mkdir -p "$T/monitor$day"
awk -v seed="$SEED" -v plays=$((MINUTES * ${SOAK_CALLS:-40})) -v live=$LIVE -v from=$from -f "$HERE/plays.awk" "$T/cel.tsv" >"$T/plays"
awk -v seed="$SEED" -v late=$LATE -v dir="$T" -v day="$day" -f "$HERE/rows.awk" "$T/plays" "$T/cel.tsv" "$T/cdr.tsv" "$T/wavs"
sort -n "$T/wav.plan" >"$T/wav.sorted"
sql -e "create database plan; create table plan.cel like asteriskcdrdb.cel; create table plan.cdr like asteriskcdrdb.cdr;
	alter table plan.cel add due int not null first, add key (due); alter table plan.cdr add due int not null first, add n int auto_increment primary key first;
	delete from asteriskcdrdb.cel; delete from asteriskcdrdb.cdr; alter table asteriskcdrdb.cdr add n int not null default 0, add unique key (n);
	set time_zone = '+00:00';
	load data local infile '$T/cel.plan' into table plan.cel (due, id, eventtype, @t, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context,
		channame, appname, appdata, amaflags, accountcode, uniqueid, linkedid, peer, userdeftype, extra) set eventtime = from_unixtime(@t);
	load data local infile '$T/cdr.plan' into table plan.cdr (due, @play, @i, @t, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration,
		billsec, disposition, amaflags, accountcode, uniqueid, userfield, did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam,
		linkedid, peeraccount, sequence) set calldate = from_unixtime(@t)" || exit 1
rows=$(sql -e "select count(*) from plan.cel")
is "there are calls to play" "$([ "$rows" -gt $((MINUTES * 100)) ] && echo yes)" yes

start_planfix() {
	rm -f "$T/planfix.port"
	"$BUILD/tests/planfix" --token "$TOKEN" --port "${port:-0}" --port-file "$T/planfix.port" --log "$T/planfix.log" --repeats any --delay 20 \
		--exit-when-parent-dies 2>>"$T/planfix.err" &
	echo $! >"$T/planfix.pid"
	i=0
	while [ ! -s "$T/planfix.port" ] && [ $i -lt 600 ]; do sleep 0.05; i=$((i + 1)); done
}
# stop_planfix: its faults stand in planfix.err, and are judged in the end.
stop_planfix() {
	kill "$(cat "$T/planfix.pid")"
	while kill -0 "$(cat "$T/planfix.pid")" 2>/dev/null; do sleep 0.05; done
}
script() { curl -sS -m 10 --data-binary "$1" "${url%tel/api/}control" >/dev/null 2>>"$T/curl.err"; }
planfix_more="popup_max_age = 1 d
timeout = 3 s
announce = ${WATCH:-off}
data_call_start = {call_start}"
recordings_more="publish_dir = $T/monitor/public
url = https://calls.example.com/r
secret_file = $T/secret
stable = 1 s
wait = 1 d"

# settings NAME STORE: a configuration for the table.
settings() {
	config "$T/$1.conf" "driver = mariadb
socket = $socket
user = celsync"
	sed -i "s/^settle = .*/settle = $((LATE + 2)) s/; s|^path = .*|path = $2|; s/^connections = .*/connections = 4/; s/^\[source\]/&\ngap_wait = 20 s\ninterval = 1 s/" "$T/$1.conf"
}

# Calls come: what is due and not there, in one commit, as often as it takes.
feed_due() {
	sql asteriskcdrdb -e "set lock_wait_timeout = 20; begin;
		insert into cel select id, eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context, channame, appname, appdata,
			amaflags, accountcode, uniqueid, linkedid, peer, userdeftype, extra from plan.cel p
			where due between $1 and $2 and not exists (select 1 from cel c where c.id = p.id) order by id;
		insert into cdr select calldate, clid, src, dst, dcontext, channel, dstchannel, lastapp, lastdata, duration, billsec, disposition, amaflags,
			accountcode, uniqueid, userfield, did, recordingfile, cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, linkedid, peeraccount,
			sequence, n from plan.cdr p where due between $1 and $2 and not exists (select 1 from cdr c where c.n = p.n);
		commit" 2>>"$T/feed.err"
}
# What the dialplan does while phones ring whose rows are due: the hook's facts, for calls from outside.
ring_due() {
	sql asteriskcdrdb -e "select substring_index(substr(leg.channame, 7), '-', 1), leg.linkedid, leg.uniqueid, began.exten, began.cid_num
		from plan.cel leg join plan.cel began on began.uniqueid = leg.linkedid and began.eventtype = 'CHAN_START'
		where leg.due between $1 and $2 and leg.eventtype = 'CHAN_START' and leg.channame regexp '^PJSIP/[1-9][0-9]+-' and began.channame like 'PJSIP/mango-%'" \
		2>>"$T/feed.err" | while IFS=$(printf '\t') read -r ext linkedid uniqueid did number; do
		printf '%s\n' "direction in" "ext $ext" "linkedid $linkedid" "uniqueid $uniqueid" "did $did" "callerid $number" |
			"$CELSYNC" -c "$T/soak.conf" announce 2>>"$T/rung" &
	done
}
feed() {
	fed=$from
	rung=$from
	exec 5<"$T/wav.sorted"
	read -r due wav name <&5
	while [ "$fed" -le $((from + LIVE)) ]; do
		sleep 0.3
		at=$(now)
		while [ -n "$due" ] && [ "$due" -le "$at" ]; do
			until cp "$wav" "$T/monitor$day$name" 2>/dev/null; do sleep 1; done # no room: Asterisk would lose it, we do not
			read -r due wav name <&5 || due=
		done
		[ "$at" -gt "$fed" ] || continue
		# A phone rings once, whether its rows can be written or not.
		[ "$WATCH" != hook ] || [ "$at" -le "$rung" ] || ring_due "$rung" $((at - 1))
		rung=$at
		feed_due $((fed - 1)) $((at - 1)) && fed=$at
	done
}

# Faults, one lane for each part of the world.
kill_connections() { # query|connection
	for id in $(sql -e "select id from information_schema.processlist where user = 'celsync'" 2>/dev/null); do
		sql -e "kill $1 $id" 2>/dev/null && echo "$1 killed" >>"$T/faults"
	done
}
fill() { head -c 1G /dev/zero >"$1/fill" 2>/dev/null; sleep "$2"; rm -f "$1/fill"; }
fault() { # KIND SECONDS ARGUMENT
	case $1 in
	rule) script "$3" ;;
	only) script "forever $3"; sleep "$2"; script clear ;;
	away) stop_planfix; sleep "$2"; start_planfix ;;
	frozen) kill -STOP "$(cat "$T/planfix.pid")"; sleep "$2"; kill -CONT "$(cat "$T/planfix.pid")" ;;
	restart) "$TOP/tests/mariadb.sh" stop "$mysql"; sleep "$2"; start_database; sql -e "set global time_zone = '+00:00'" ;;
	crash) kill -9 "$(cat "$mysql/mysqld.pid")"; sleep 0.5; rm -f "$mysql/mysqld.pid"; sleep "$2"; start_database; sql -e "set global time_zone = '+00:00'" ;;
	stall) kill -STOP "$(cat "$mysql/mysqld.pid")"; sleep "$2"; kill -CONT "$(cat "$mysql/mysqld.pid")" ;;
	lock) sql asteriskcdrdb -e "lock tables cel write, cdr write; select sleep($2)" >/dev/null 2>&1 ;;
	query | connection)
		until_then=$(($(now) + $2))
		while [ "$(now)" -lt $until_then ]; do kill_connections "$1"; sleep 0.02; done
		;;
	'store full') fill "$T/store" "$2" ;;
	'spool full') fill "$T/monitor" "$2" ;;
	'store read-only') mount -o remount,ro "$T/store" 2>/dev/null || return 0; sleep "$2"; mount -o remount,rw "$T/store" ;;
	esac
	case $1 in
	rule | only) echo "PlanFix: $3" | sed 's/count [0-9]* //; s/slow .*/slow/; s/ retry.*//; s/ body.*//' ;;
	away | frozen) echo "PlanFix: $1" ;;
	*full | *only) echo "disk: $1" ;;
	*) echo "database: $1" ;;
	esac >>"$T/faults"
}
lane() {
	tab=$(printf '\t')
	awk -v seed="$SEED" -v live=$LIVE -v lane="$1" -f "$HERE/faults.awk" >"$T/lane.$1"
	while IFS=$tab read -r gap kind lasts words; do
		sleep "$gap"
		[ "$(now)" -lt $((from + LIVE)) ] || break
		fault "$kind" "$lasts" "$words"
	done <"$T/lane.$1"
}

# run SIGNAL MS: one pass, or (SOAK_WATCH) ten times as long a watch, cut off so after so long; a line "status signal ms-of-end" in runs, and its peak memory.
run() {
	command=sync
	after=$2
	[ -z "$WATCH" ] || [ "$1" = - ] || { command=watch; after=$(($2 * 10)); }
	"$CELSYNC" -c "$T/soak.conf" $command 2>>"$T/said" &
	pid=$!
	peak=0
	waited=0
	sent=
	while :; do
		alive=
		while read -r name value _; do
			case $name in
			State:) [ "$value" = Z ] || alive=yes ;;
			VmHWM:) [ "$value" -le "$peak" ] || peak=$value ;;
			esac
		done 2>/dev/null <"/proc/$pid/status"
		[ -n "$alive" ] || break
		if [ "$1" != - ] && [ -z "$sent" ] && [ $waited -ge "$after" ]; then
			kill -"$1" $pid 2>/dev/null && sent=$waited
		fi
		if [ $waited -gt 120000 ]; then
			echo "a pass did not end within two minutes" >>"$T/wrong"
			kill -9 $pid
		fi
		sleep 0.05
		waited=$((waited + 50))
	done
	wait $pid
	status=$?
	echo "$status ${sent:+$1} $((waited - ${sent:-waited}))" >>"$T/runs"
	echo "$peak" >>"$T/peaks"
	case $status in
	0 | 1 | 69 | 73 | 75 | 77) ;;
	130 | 137 | 143) [ -n "$sent" ] || echo "a pass ended with $status" >>"$T/wrong" ;;
	*) echo "a pass ended with $status" >>"$T/wrong" ;;
	esac
}
passes() {
	awk -v seed="$SEED" -v live=$LIVE -v lane=runs -f "$HERE/faults.awk" >"$T/lane.runs"
	while read -r n signal ms; do
		[ "$(now)" -lt $((from + LIVE)) ] || break
		[ "$n" = 1 ] || run "$signal" "$ms" &
		other=$!
		run "$signal" "$ms"
		[ "$n" = 1 ] || wait "$other"
		sleep 0.5
	done <"$T/lane.runs"
}

: >"$T/wrong"
start_planfix
url=$(cat "$T/planfix.port")
port=${url#http://127.0.0.1:}
port=${port%%/*}
settings soak "$T/store/db"
while [ "$(now)" -lt $from ]; do sleep 0.2; done
feed &
feeder=$!
lane planfix &
lanes=$!
lane database &
lanes="$lanes $!"
[ "$SOAK_DISK" = no ] || { lane disk & lanes="$lanes $!"; }
pids="$pids $feeder $lanes"
passes
# shellcheck disable=SC2086
wait $feeder $lanes
# It ends with the lane that started it.
stop_planfix 2>/dev/null
start_planfix
feed_due 0 2147483647 # nothing, unless the last moments were disturbed
is "all rows have come" "$(sql -e "select count(*) from asteriskcdrdb.cel")" "$rows"

# The faults are over, and time passes: what waits for its time need not wait.
tries=0
left() { store "select (select count(*) from outbox where state in ('ready', 'sending')) + (select count(*) from open_call)"; }
before=
while [ $tries -lt 100 ]; do
	store "update outbox set not_before = 1 where state = 'ready'; update outbox set expires = 1 where state = 'ready' and rank = 0; update recording set not_before = 0 where state = 'waiting'"
	run - 0
	after="$status $(left) $(wc -l <"$T/planfix.log")"
	[ "$after" != "$before" ] || [ "${after#0 0 }" = "$after" ] || break
	before=$after
	tries=$((tries + 1))
	sleep 2
done
is "in the end nothing is left to do" "${after% *}" "0 0"
echo "# quiet after $tries passes"
is "the store is sound" "$(store "pragma integrity_check")" ok

# The same table, read once, by a run that nobody disturbs.
soak_url=$url
planfix clean
settings clean "$T/clean.db"
"$CELSYNC" -c "$T/clean.conf" sync 2>"$T/clean.said"
is "the clean run ends with 0" $? 0
planfix_stop
ok "the strict stand-in found no fault in the clean run" $? "$T/clean.err"
url=$soak_url
stop_planfix
grep -c '^planfix: request' "$T/planfix.err" >"$T/faulty"
is "the strict stand-in found no fault in the soak" "$(cat "$T/faulty")" 0
grep '^planfix: request' "$T/planfix.err" | head -n 20 | sed 's/^/# /'

noted "lost > 0" >"$T/lost"
noted "state = 'unknown'" >"$T/unknown"
[ "$WATCH" != hook ] || is "the hook opened windows" "$(store "select count(*) > 0 from announced")" 1
[ "$WATCH" != poll ] || is "passes opened windows" "$(store "select count(*) > 0 from outbox where rank = 0 and state = 'sent'")" 1
arrived clean >"$T/wanted"
arrived planfix >"$T/arrived"
awk -v watch="$WATCH" -f "$HERE/judge.awk" "$T/lost" "$T/unknown" "$T/wanted" "$T/arrived" >>"$T/wrong"
is "every event arrived once, right and in its order, or is listed" "$(head -n 40 "$T/wrong")" ""
is "nothing was rejected or expired" "$(store "select callid, ext, event, state from outbox where state not in ('sent', 'unknown') and rank > 0")" ""

events=$(grep -vc '^record' "$T/wanted")
twice=$(awk -F'\t' '$1 == "event" { print $2, $3, $4 }' "$T/arrived" | sort | uniq -d | wc -l)
figures() {
	echo "| | |"
	echo "|---|---:|"
	echo "| minutes of calls and faults | $MINUTES |"
	echo "| calls | $(store "select count(distinct callid) from outbox") |"
	echo "| rows of cel, of cdr | $rows, $(sql -e "select count(*) from asteriskcdrdb.cdr") |"
	echo "| events to tell | $events |"
	[ -z "$WATCH" ] || echo "| windows opened by $WATCH | $(grep -c '^event.*INCOMING\|^event.*OUTGOING' "$T/arrived") |"
	echo "| did not arrive, not listed | $(grep -c 'did not arrive' "$T/wrong") |"
	echo "| arrived twice; each listed as an answer lost | $twice |"
	echo "| listed as an answer lost | $(wc -l <"$T/lost") |"
	echo "| listed as unknown: cut off twice, and not sent a third time | $(wc -l <"$T/unknown") |"
	echo "| requests the stand-in got | $(wc -l <"$T/planfix.log") |"
	echo "| recordings converted | $(store "select count(*) from recording where mp3 is not null") |"
	echo "| passes | $(wc -l <"$T/runs") |"
	echo "| cut off by SIGKILL, SIGTERM, SIGINT | $(for s in KILL TERM INT; do grep -c " $s " "$T/runs"; done | paste -sd, - | sed 's/,/, /g') |"
	echo "| slowest end after SIGTERM or SIGINT | $(awk '($2 == "TERM" || $2 == "INT") && $3 > most { most = $3 } END { print most / 1000 }' "$T/runs") s |"
	echo "| ended by themselves, by status | $(awk '$2 ~ /^[0-9]+$/ { n[$1]++ } END { for (s in n) print s ": " n[s] }' "$T/runs" | sort -n | paste -sd, - | sed 's/,/, /g') |"
	echo "| most memory of a pass (looked at every 50 ms) | $(sort -n "$T/peaks" | tail -n 1) KiB |"
	sort "$T/faults" | uniq -c | awk '{ n = $1; $1 = ""; print "| fault:" $0 " | " n " |" }'
}
figures | tee "$T/figures" | sed 's/^/# /'
if [ "$MINUTES" -ge 30 ] && [ -z "$WATCH" ] && [ ! -s "$T/wrong" ]; then
	{
		sed '/^| /,$d' "$TOP/docs/SOAK.md"
		echo "SOAK_SEED=$SEED, $(date -u +%F), $(nproc) cores"
		echo
		cat "$T/figures"
	} >"$T/SOAK.md" && cp "$T/SOAK.md" "$TOP/docs/SOAK.md"
fi
if [ -n "${SOAK_KEEP:-}" ]; then
	mkdir -p "$SOAK_KEEP"
	cp "$T"/*.log "$T"/*.err "$T"/*.conf "$T/said" "$T/wrong" "$T/wanted" "$T/arrived" "$T/lost" "$T/unknown" "$T/runs" "$T/faults" "$T/store/db"* "$SOAK_KEEP"
	sql -e "select * from asteriskcdrdb.cel" >"$SOAK_KEEP/cel.txt"
fi
[ ! -s "$T/wrong" ] || exit 1
done_testing
