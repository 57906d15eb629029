#!/bin/sh
# A year of calls: read by their range, in constant memory; interrupted anywhere and resumed, told once; the report sums; live calls go first.
# Small in make check; make check-history takes HISTORY_ROWS rows of cel (1300000).
#   HISTORY_ROWS   rows of cel          HISTORY_KILLS   interruptions       HISTORY_SEED   of their moments
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export TZ=UTC LC_ALL=C
ROWS=${HISTORY_ROWS:-6000}
KILLS=${HISTORY_KILLS:-6}
SEED=${HISTORY_SEED:-$(date +%s)}
echo "# $ROWS rows, $KILLS interruptions, HISTORY_SEED=$SEED"
period="--from 2024-12-01 --to 2026-02-01"

sql() { mariadb --no-defaults -S "$socket" -uroot -N -B "$@"; }
store() { sqlite3 -batch -cmd '.timeout 10000' "$1.db" "$2"; }
load() { # ROWS DATABASE: what the generator says of its calls goes to $T/DATABASE.calls
	mkdir "$T/rows"
	(cd "$TOP" && "$BUILD/bench/generate" --rows "$1" "$T/rows") >"$T/$2.calls" 2>/dev/null
	chmod 755 "$T" "$T/rows"
	chmod 644 "$T/rows"/*
	"$TOP/tests/mariadb.sh" load "$mysql" "$2" "$CAPTURE/schema.sql"
	for table in cel cdr; do
		sql "$2" -e "SET unique_checks = 0; SET autocommit = 0; LOAD DATA INFILE '$T/rows/$table.tsv' INTO TABLE $table CHARACTER SET utf8mb4
			FIELDS TERMINATED BY '\\t' ESCAPED BY '' LINES TERMINATED BY '\\n'; COMMIT; ANALYZE TABLE $table" >/dev/null
	done
	rm -rf "$T/rows"
}
# conf NAME DATABASE
conf() {
	rm -f "$T/$1.conf.db"*
	config "$T/$1.conf" "driver = mariadb
socket = $socket
user = root
database = $2
timezone = utc"
	sed -i '/^start = all/d' "$T/$1.conf"
	printf '\n[log]\nlevel = warning\n' >>"$T/$1.conf"
}
keys() { grep -o '"ext":"[0-9]*","callid":"[^"]*"' | sort; } # of requests, printed or logged
arrived() { grep '"event":"COMPLETED"' "$T/$1.log" | grep '"accepted":true' | keys; }
# peak COMMAND: its peak memory in KiB; it must end with 0.
peak() {
	"$BUILD/bench/pair" --runs 1 "$1" 2>"$T/err" | sed -n 's/.*a_rss=\([0-9]*\).*/\1/p'
}
ready() { store "$T/$1.conf" "SELECT count(*) FROM outbox WHERE state = 'ready' AND priority = 1"; }

mkdir "$T/monitor"
planfix_more="unknown = hold"
database "$CAPTURE/schema.sql" || exit 1
sql -e 'SET GLOBAL time_zone = "+00:00"'
load "$ROWS" big
calls=$(sed 's/ .*//' "$T/big.calls")

# The range is found by bisecting: rows of one day are read, whatever the table.
planfix none
conf day big
busy=$(sql big -e 'SELECT date(eventtime) FROM cel GROUP BY 1 ORDER BY count(*) DESC LIMIT 1')
day="--from ${busy}T00:00:00Z --to ${busy}T23:59:59Z"
of_day=$(sql big -e "SELECT (SELECT count(*) FROM cel WHERE eventtime >= '$busy' AND eventtime < '$busy' + INTERVAL 1 DAY)
	+ (SELECT count(*) FROM cdr WHERE calldate >= '$busy' AND calldate < '$busy' + INTERVAL 1 DAY)")
handler() { sql -e "SHOW GLOBAL STATUS LIKE 'Handler_read_%'" | awk '{ n += $2 } END { print n }'; }
asking=$(($(handler) - $(handler)))
before=$(handler)
"$CELSYNC" -c "$T/day.conf" backfill $day --dry-run >"$T/day" 2>"$T/day.err"
is "one day, dry: status" $? 0
read=$(($(handler) - before + asking))
is "one day of the year: there are calls" "$([ -s "$T/day" ] && echo yes)" yes
# Each row once in the stream and CDR rows by their key; the rest are look-ups of the bisection, of the zone, and of the schema.
is "one day of the year: $of_day rows are of it, $read were read" "$([ "$read" -le $((of_day * 3 + 2500)) ] && echo few)" few
planfix_stop

# Memory: what one run needs, from the first row to the last answer.
planfix whole
conf whole big
began=$(date +%s%N)
rss=$(peak "exec $CELSYNC -c $T/whole.conf backfill $period")
took=$((($(date +%s%N) - began) / 1000000))
is "a backfill of all ends with 0" "$([ -n "$rss" ] && echo 0)" 0
# A sanitizer needs several times as much.
[ -n "${ASAN_OPTIONS:-}" ] || is "its peak is $((${rss:-0} / 1024)) MiB: at most 64" "$([ "${rss:-99999999}" -le 65536 ] && echo yes)" yes
"$CELSYNC" -c "$T/whole.conf" backfill $period --dry-run 2>/dev/null | keys >"$T/again"
is "what was told is not told again" "$(wc -l <"$T/again")" 0
arrived whole >"$T/wanted"
is "none twice" "$(uniq -d "$T/wanted" | wc -l)" 0
planfix_stop
ok "PlanFix found no fault" $? "$T/whole.err"
rm -f "$T/whole.log"
echo "# $calls calls, $(wc -l <"$T/wanted") requests, $took ms, peak $rss KiB"
if [ "$ROWS" -ge 1000000 ]; then
	load $((ROWS / 10)) tenth
	planfix tenth
	conf tenth tenth
	small=$(peak "exec $CELSYNC -c $T/tenth.conf backfill $period")
	planfix_stop
	is "a tenth of the rows: peak $small KiB, within 10 %" "$([ $((rss * 100)) -le $((small * 110)) ] && echo yes)" yes
	sql -e 'DROP DATABASE tenth'
	rm -f "$T/tenth.log" "$T/tenth.conf.db"*
fi

# The report sums, and the source itself says how many calls there are: channels from outside the dialplan's plumbing that began a linkedid.
"$CELSYNC" -c "$T/whole.conf" report --from 2024-12-01 --to 2026-02-01 >"$T/report" 2>"$T/err"
is "report: status" $? 0
is "report: its classes sum to the calls" "$(awk '/ calls in the source$/ { total = $1 } /^ *[0-9]+  [a-z]/ && !/skipped: / && !/calls in/ { n += $1 } END { print n == total }' "$T/report")" 1
total=$(awk '/ calls in the source$/ { print $1 }' "$T/report")
is "report: as many as were generated" "$total" "$calls"
counted=$(sql big -e "SELECT count(*) FROM cel WHERE eventtype = 'CHAN_START' AND uniqueid = linkedid AND channame NOT LIKE 'Local/%;2'")
is "report: as many as the source has beginnings" "$total" "$counted"
is "report: every call that was told is sent" "$(awk '$2 == "sent" { print $1 }' "$T/report")" "$(sed 's/.*"callid"://' "$T/wanted" | sort -u | wc -l)"
is "report: nothing is too late, unknown, rejected or not told" "$(grep -c 'too late\|unknown\|rejected\|not told' "$T/report")" 0

# Interrupted at random points, by SIGKILL and SIGTERM: while rows are read (after some milliseconds) and while requests are sent (once so many
# more have arrived, however fast the machine is); then resumed until all is told.
planfix cut --delay 50
conf cut big
awk -v seed="$SEED" -v n="$KILLS" -v took="$took" -v wanted="$(wc -l <"$T/wanted")" 'BEGIN { srand(seed)
	for (i = 0; i < n; i++) print (i % 3 == 0 ? sprintf("time %.3f", 0.02 + rand() * took / 4000) : "sent " int(1 + rand() * wanted / n * 1.4)), rand() < .5 ? "KILL" : "TERM" }' >"$T/points"
at_work() { case $(sed 's/.*) \(.\).*/\1/' "/proc/$1/stat" 2>/dev/null) in Z | '') return 1 ;; esac; }
stopped=0
while read -r what much signal; do
	have=$(wc -l <"$T/cut.log")
	"$CELSYNC" -c "$T/cut.conf" backfill $period >/dev/null 2>"$T/cut.$signal" &
	run=$!
	case $what in
	time) sleep "$much" ;;
	sent) while at_work $run && [ "$(wc -l <"$T/cut.log")" -lt $((have + much)) ]; do sleep 0.02; done ;;
	esac
	at_work $run && kill "-$signal" $run && stopped=$((stopped + 1))
	wait $run
	status=$?
	[ "$signal" != TERM ] || [ $status = 0 ] || [ $status = 143 ] || ok "SIGTERM at $what $much ends it cleanly, not with $status" 1 "$T/cut.TERM"
done <"$T/points"
echo "# $(grep -c KILL "$T/points") SIGKILL, $(grep -c TERM "$T/points") SIGTERM; $stopped runs were stopped; then $(arrived cut | wc -l) requests had arrived"
is "runs were stopped while there was work" "$([ "$stopped" -ge $((KILLS / 3)) ] && echo yes)" yes
"$CELSYNC" -c "$T/cut.conf" backfill $period >/dev/null 2>"$T/err"
is "resumed: status" $? 0
is "resumed: nothing waits any more" "$(ready cut)" 0
arrived cut >"$T/got"
is "resumed: nothing was told twice" "$(uniq -d "$T/got" | wc -l)" 0
store "$T/cut.conf" "SELECT '\"ext\":\"' || ext || '\",\"callid\":\"' || callid || '\"' FROM outbox WHERE state = 'unknown'" | sort >"$T/unknown"
sort -u "$T/got" "$T/unknown" >"$T/accounted"
diff "$T/wanted" "$T/accounted" >"$T/diff"
ok "resumed: every call was told, or is listed as unknown ($(wc -l <"$T/unknown") are)" $? "$T/diff"
"$CELSYNC" -c "$T/cut.conf" report --from 2024-12-01 --to 2026-02-01 >"$T/report" 2>"$T/err"
is "resumed: the report knows the unknown ones" "$(awk '$2 == "unknown" && NF == 2 { print $1 }' "$T/report")" "$(sed 's/.*"callid"://' "$T/unknown" | sort -u | wc -l | sed 's/^0$//')"
planfix_stop
ok "PlanFix found no fault" $? "$T/cut.err"
rm -f "$T/cut.log"

# Live calls while a backfill sends: they leave within two passes, whatever waits.
planfix live
conf live big
sed -i 's/^rate = 0/rate = 10/' "$T/live.conf"
"$CELSYNC" -c "$T/live.conf" sync 2>"$T/err"
is "a first pass, from now on: status" $? 0
"$CELSYNC" -c "$T/live.conf" backfill $period >/dev/null 2>"$T/fill.err" &
fill=$!
pids="$pids $fill"
i=0
while { ! grep -q '"accepted":true' "$T/live.log" || [ "$(ready live)" -lt 100 ]; } && [ $i -lt 3000 ]; do sleep 0.1; i=$((i + 1)); done
now=$(($(date +%s) - 30))
sqlite3 -cmd '.mode quote' "$CAPTURE/master.db" "SELECT eventtype, $now + strftime('%s', eventtime) - 1795397236, cidname, cidnum, cidani, cidrdnis, ciddnid,
	exten, context, channame, appname, appdata, amaflags, accountcode, replace(uniqueid, '1795397236.', '$now.'), replace(linkedid, '1795397236.', '$now.'), peer,
	userdeftype FROM cel WHERE linkedid = '1795397236.23'" |
	sed -e 's/^\([^,]*\),\([0-9]*\),/\1,from_unixtime(\2),/' -e 's/NULL/""/g' -e 's/.*/(&)/' >"$T/call"
{
	echo 'INSERT INTO cel (eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context, channame, appname, appdata, amaflags,'
	echo 'accountcode, uniqueid, linkedid, peer, userdeftype) VALUES'
	paste -sd, "$T/call"
} | sql big
for pass in 1 2; do
	"$CELSYNC" -c "$T/live.conf" sync 2>"$T/pass.$pass"
	is "pass $pass beside the backfill: status" $? 0
done
# The backfill sends what the passes put in front of its own.
i=0
while ! grep -q "\"event\":\"COMPLETED\".*\"callid\":\"$now.23\"" "$T/live.log" && [ $i -lt 600 ]; do sleep 0.1; i=$((i + 1)); done
waits=$(ready live)
grep -q "\"event\":\"COMPLETED\".*\"callid\":\"$now.23\"" "$T/live.log"
ok "the live call was told" $? "$T/pass.2"
is "while history still waited" "$([ "$waits" -gt 0 ] && echo yes)" yes
kill -TERM $fill
wait $fill
is "stopped: status of SIGTERM" $? 143
grep -q "To go on from here: celsync backfill --from '2024-12-01' --to '2026-02-01'" "$T/fill.err"
ok "stopped: it says how to go on" $? "$T/fill.err"
planfix_stop
done_testing
