#!/bin/sh
# Every figure against its yardstick, in the same run, in turn, several times; the table is printed and goes into docs/BENCHMARKS.md
# between its two marks. `make bench` builds and calls it.
#
#   BENCH_ROWS="130000 1300000"   sizes of the cel table (13000000 too where 25 GB are free)
#   BENCH_RUNS=5                  how often each pair is measured
#   BENCH_FILES=200               recordings
#   BENCH_ONLY="memory tables …"  parts: memory tables idle events mp3 hook (all)
#   BENCH_DIR                     where the data lies while it runs (a folder under TMPDIR)
set -eu
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
BUILD=${CELSYNC_BUILD:-$TOP/build/bench}
TOOLS=$BUILD/bench
CELSYNC=$BUILD/celsync
RUNS=${BENCH_RUNS:-5}
FILES=${BENCH_FILES:-200}
ONLY=${BENCH_ONLY:-memory tables idle events mp3 hook}
DIR=${BENCH_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/celsync-bench.XXXXXX")}
mkdir -p "$DIR"
DIR=$(cd "$DIR" && pwd)
TABLE=$DIR/table.md
export LC_ALL=C TZ=UTC
cd "$TOP"

free_gb=$(df -P "$DIR" | awk 'NR == 2 { print int($4 / 1048576) }')
if [ -z "${BENCH_ROWS:-}" ]; then
	BENCH_ROWS="130000 1300000"
	[ "$free_gb" -lt 25 ] || BENCH_ROWS="$BENCH_ROWS 13000000"
fi

planfix_pid=""
# What measure() sets.
a_wall=0 a_wall99=0 a_cpu=0 a_rss=0 b_wall=0 b_wall99=0 b_cpu=0 ratio=0 ratio_cpu=0
cleanup() {
	[ -z "$planfix_pid" ] || kill "$planfix_pid" 2>/dev/null || :
	[ ! -d "$DIR/mysql" ] || tests/mariadb.sh stop "$DIR/mysql" || :
	rm -rf "$DIR"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

say() { printf '%s  %s\n' "$(date +%H:%M:%S)" "$*" >&2; }
part() { case " $ONLY " in *" $1 "*) return 0 ;; esac; return 1; }
calc() { awk "BEGIN { printf \"$1\", $2 }"; }
# row FIGURE ROWS OURS YARDSTICK RATIO MUST OK: one line; OK is an awk condition, or - where nothing is asked.
row() {
	verdict=-
	if [ "$7" != - ]; then verdict=$(awk "BEGIN { print ($7) ? \"yes\" : \"**no**\" }"); fi
	printf '| %s | %s | %s | %s | %s | %s | %s |\n' "$1" "$2" "$3" "$4" "$5" "$6" "$verdict" >>"$TABLE"
	say "$1 ($2): $3 against $4: $5"
}
missing() { row "$1" - "not built yet" - - "$2" -; }
# measure RUNS COMMAND-A [COMMAND-B]: sets a_wall, b_wall, ratio, …
measure() {
	runs=$1
	shift
	eval "$("$TOOLS/pair" --runs "$runs" "$@" || echo 'exit 1')"
}
# need PROGRAM PACKAGES: of the yardsticks
need() {
	command -v "$1" >/dev/null 2>&1 && return 0
	printf 'bench: %s is not there\n  Install %s, or leave its part out with BENCH_ONLY.\n' "$1" "$2" >&2
	exit 1
}
# fewer RUNS for large tables.
runs_for() { if [ "$1" -gt 5000000 ]; then echo 2; elif [ "$1" -gt 500000 ]; then echo $((RUNS < 3 ? RUNS : 3)); else echo "$RUNS"; fi; }
built() { "$CELSYNC" "$@" --help >/dev/null 2>&1; }

config() { # FILE DATABASE [start = …]
	cat >"$1" <<EOF
[source]
driver = mariadb
socket = ${socket:-/nonexistent}
user = root
database = $2
timezone = utc
start = ${3:-all}

[pbx]
extension = ^[1-9]\\d{1,3}\$
trunk = mango

[planfix]
url = ${url:-http://127.0.0.1:1/tel/api/}
token = bench-token
rate = 0
connections = 32
${planfix_more:-}

[recordings]
spool = $DIR

[store]
path = ${1%.conf}.db

[log]
level = warning
EOF
	chmod 600 "$1"
}

load() { # ROWS DATABASE: generates, loads; the calls there are go to $DIR/DATABASE.calls
	[ ! -e "$DIR/$2.calls" ] || return 0
	mkdir -p "$DIR/rows"
	"$TOOLS/generate" --rows "$1" "$DIR/rows" >"$DIR/$2.calls" 2>"$DIR/$2.rows"
	tests/mariadb.sh load "$DIR/mysql" "$2" tests/captures/ast22/schema.sql
	for table in cel cdr; do
		chmod 644 "$DIR/rows/$table.tsv"
		mariadb --no-defaults -S "$socket" -uroot "$2" -e "SET unique_checks = 0; SET foreign_key_checks = 0; SET autocommit = 0;
			LOAD DATA INFILE '$DIR/rows/$table.tsv' INTO TABLE $table CHARACTER SET utf8mb4
				FIELDS TERMINATED BY '\\t' ESCAPED BY '' LINES TERMINATED BY '\\n'; COMMIT; ANALYZE TABLE $table;" >/dev/null
	done
	rm -rf "$DIR/rows"
	config "$DIR/$2.conf" "$2"
}

# No figure is taken of wrong answers.
same_calls() { # COMMAND … prints; the first two parts must be what the generator said
	"$@" 2>"$DIR/err" | sed -n 's/^\([0-9]* calls: [^;]*; [^;]*\).*/\1/p' >"$DIR/got"
	cmp -s "$DIR/got" "$wanted" && return 0
	printf 'bench: the calls are wrong, no figure is taken\n  wanted %s\n  got    %s\n' "$(cat "$wanted")" "$(cat "$DIR/got")" >&2
	cat "$DIR/err" >&2
	exit 1
}

# Rows in memory.

bench_memory() {
	mkdir -p "$DIR/rows"
	wanted=$DIR/memory.calls
	"$TOOLS/generate" --rows 130000 "$DIR/rows" >"$wanted" 2>/dev/null
	same_calls "$TOOLS/memory" --rounds 1 "$DIR/rows"
	"$TOOLS/memory" --rounds $((RUNS * 10)) "$DIR/rows" >/dev/null 2>"$DIR/rounds"
	say "rows in memory: $(tail -n 1 "$DIR/rounds")"
	grep ' calls/s, ' "$DIR/rounds" | sort -n | awk '{ a[NR] = $0 } END { print a[int((NR + 1) / 2)] }' >"$DIR/got"
	calls=$(sed 's/ .*//' "$DIR/got")
	row "rows in memory → calls, one thread" 130000 "$(sed 's/, [0-9]* rows.*,/,/' "$DIR/got"); $(tail -n 1 "$DIR/rounds")" "9000 calls/s" \
		"$(calc %.0f "$calls / 9000") ×" "≥ 450000 calls/s" "$calls >= 450000"
	rm -rf "$DIR/rows"
}

# Rows in MariaDB.

bench_tables() {
	for rows in $BENCH_ROWS; do
		db=r$rows
		say "$rows rows: generating and loading"
		load "$rows" "$db"
		wanted=$DIR/$db.calls
		calls="$CELSYNC -c $DIR/$db.conf calls --from 2024-12-01"
		# shellcheck disable=SC2086
		same_calls $calls --summary
		n=$(runs_for "$rows")
		fetch="exec $TOOLS/fetch $socket $db"
		measure "$n" "exec $calls --summary" "$fetch"
		row "calls --summary" "$rows" "$(calc %.2f "$a_wall") s, CPU $(calc %.2f "$a_cpu")" "bare fetch $(calc %.2f "$b_wall") s" \
			"$(calc %.2f "$ratio")" "≤ 1.25" "$ratio <= 1.25"
		rss="${rss:-} $a_rss"
		# Of the largest table one run of what only grows with the rows is enough.
		[ "$rows" -le 5000000 ] || n=1
		measure "$n" "exec $calls --json" "$fetch"
		row "calls --json" "$rows" "$(calc %.2f "$a_wall") s" "bare fetch $(calc %.2f "$b_wall") s" "$(calc %.2f "$ratio")" "≤ 2.5" "$ratio <= 2.5"
		if [ "$rows" -le 1300000 ]; then
			measure "$n" "exec $TOOLS/fetch --overlap $socket $db" "$fetch"
			row "bare fetch on two connections" "$rows" "$(calc %.2f "$a_wall") s" "bare fetch $(calc %.2f "$b_wall") s" "$(calc %.2f "$ratio")" - -
			bench_pinned
		fi
		if built backfill; then
			# Somebody else holds the lock for sending: everything stays in the outbox.
			measure "$n" "rm -f $DIR/$db.db*; exec flock $DIR/$db.db.deliver.lock $CELSYNC -c $DIR/$db.conf backfill --from 2024-12-01 --to 2026-11-01" "$fetch"
			row "backfill into the outbox" "$rows" "$(calc %.2f "$a_wall") s" "bare fetch $(calc %.2f "$b_wall") s" "$(calc %.2f "$ratio")" "≤ 2.5" "$ratio <= 2.5"
			rm -f "$DIR/$db.db"*
		else
			missing "backfill into the outbox" "≤ 2.5"
		fi
	done
	first=$(echo "$rss" | awk '{ print $1 }')
	last=$(echo "$rss" | awk '{ print $NF }')
	row "peak memory of calls --summary" "$(echo "$BENCH_ROWS" | awk '{ print $NF }')" "$(calc %.1f "$last / 1024") MiB" \
		"$(echo "$BENCH_ROWS" | awk '{ print $1 }') rows: $(calc %.1f "$first / 1024") MiB" "$(calc %.2f "$last / $first")" "≤ 1.1, ≤ 64 MiB" \
		"$last / $first <= 1.1 && $last <= 65536"
}

# The server and the program on one core.
bench_pinned() {
	server=$(cat "$DIR/mysql/mysqld.pid")
	taskset -acp 0 "$server" >/dev/null
	measure "$n" "exec taskset -c 0 $calls --summary" "exec taskset -c 0 $TOOLS/fetch $socket $db"
	taskset -acp "0-$(($(nproc) - 1))" "$server" >/dev/null
	row "calls --summary, one core with the server" "$rows" "$(calc %.2f "$a_wall") s" "bare fetch $(calc %.2f "$b_wall") s" \
		"$(calc %.2f "$ratio")" "≤ 2" "$ratio <= 2"
}

# A pass with nothing to do.

bench_idle() {
	small="" large=""
	for rows in $BENCH_ROWS; do
		db=r$rows
		load "$rows" "$db"
		config "$DIR/idle$rows.conf" "$db" now
		"$CELSYNC" -c "$DIR/idle$rows.conf" sync >/dev/null
		[ -n "$small" ] || small=$rows
		large=$rows
	done
	sleep 6 # what the first pass read is older than `settle` now
	measure $((RUNS * 10)) "exec $CELSYNC -c $DIR/idle$large.conf sync" "exec $CELSYNC -c $DIR/idle$small.conf sync"
	row "idle sync" "$large" "$(calc %.1f "$a_wall * 1000") ms, CPU $(calc %.1f "$a_cpu * 1000") ms" \
		"$small rows: $(calc %.1f "$b_wall * 1000") ms" "$(calc %.2f "$ratio")" "≤ 1.2, CPU ≤ 15 ms" "$ratio <= 1.2 && $a_cpu <= 0.015"
}

# Events over TLS to a server that answers after 20 ms.

planfix() { # DELAY
	[ -z "$planfix_pid" ] || { kill "$planfix_pid"; wait "$planfix_pid" || :; }
	rm -f "$DIR/url"
	[ -d "$DIR/certs" ] || tests/planfix/certs.sh "$DIR/certs" >/dev/null 2>&1
	"$BUILD/tests/planfix" --token bench-token --cert "$DIR/certs/good.pem" --key "$DIR/certs/good.key" --delay "$1" --repeats any \
		--port-file "$DIR/url" --exit-when-parent-dies >/dev/null 2>&1 &
	planfix_pid=$!
	i=0
	while [ ! -s "$DIR/url" ] && [ $i -lt 100 ]; do sleep 0.05; i=$((i + 1)); done
	url=$(cat "$DIR/url")
	planfix_more="ca_file = $DIR/certs/ca.pem"
}
php_event() { echo "php tests/bench/event.php $url bench-token $DIR/certs/ca.pem 1735689600.1 79000000000 101"; }

fill() { flock "$2.deliver.lock" sh -c "$1" >/dev/null 2>"$DIR/err" || { cat "$DIR/err" >&2; exit 1; }; }

bench_events() {
	planfix 20
	load 20000 events
	config "$DIR/events.conf" events
	# While somebody else holds the lock, passes read and leave the sending to him; two, so that the last call has settled.
	fill "$CELSYNC -c $DIR/events.conf sync" "$DIR/events.db"
	sleep 6
	fill "$CELSYNC -c $DIR/events.conf sync" "$DIR/events.db"
	events=$("$CELSYNC" -c "$DIR/events.conf" status --json | awk '/"ready"/ { on = 1 } on && /"count"/ { gsub(/[^0-9]/, ""); print; exit }')
	mkdir -p "$DIR/full"
	cp "$DIR"/events.db* "$DIR/full"
	measure "$RUNS" "rm -f $DIR/events.db*; cp $DIR/full/* $DIR; exec $CELSYNC -c $DIR/events.conf sync" \
		"i=0; while [ \$i -lt 20 ]; do $(php_event) || exit 1; i=\$((i + 1)); done"
	sent=$("$CELSYNC" -c "$DIR/events.conf" status --json | awk '/"sent"/ { on = 1 } on && /"count"/ { gsub(/[^0-9]/, ""); print; exit }')
	if [ "$sent" != "$events" ]; then
		echo "bench: $sent of $events events were sent, no figure is taken" >&2
		exit 1
	fi
	ours=$(calc %.0f "$events / $a_wall")
	theirs=$(calc %.1f "20 / $b_wall")
	row "events a second, 20 ms, TLS, 32 connections" - "$ours (of $events)" "PHP, one after another: $theirs" \
		"$(calc %.0f "$ours / $theirs") ×" "≥ 40 ×" "$ours / $theirs >= 40"
}

# Recordings.

bench_mp3() {
	mkdir -p "$DIR/wav"
	"$TOOLS/mp3" --make "$FILES" --seconds 60 "$DIR/wav"
	few=$DIR/few
	mkdir -p "$few"
	cp "$DIR"/wav/000[0-9].wav "$few"
	lame="for f in DIR/*.wav; do lame --quiet -h -b 192 \$f \${f%.wav}.lame || exit 1; done"
	measure "$RUNS" "exec $TOOLS/mp3 --quality 2 --threads 1 $few" "$(echo "$lame" | sed "s#DIR#$few#")"
	row "MP3 at the scripts' quality, one core, 10 files of a minute" - "CPU $(calc %.2f "$a_cpu") s" "lame -h -b 192: CPU $(calc %.2f "$b_cpu") s" \
		"$(calc %.2f "$ratio_cpu")" "≤ 1.05" "$ratio_cpu <= 1.05"
	measure 2 "exec $TOOLS/mp3 $DIR/wav" "$(echo "$lame" | sed "s#DIR#$DIR/wav#")"
	ours=$(cat "$DIR"/wav/*.mp3 | wc -c)
	theirs=$(cat "$DIR"/wav/*.lame | wc -c)
	row "MP3 at our default, all cores, $FILES files of a minute" - "$(calc %.1f "$a_wall") s, $(calc %.1f "$ours / 1048576") MiB" \
		"lame, one after another: $(calc %.1f "$b_wall") s, $(calc %.1f "$theirs / 1048576") MiB" \
		"$(calc %.1f "1 / $ratio") × faster, size $(calc %.2f "$ours / $theirs")" "≥ 5 × on two cores, size ≤ 0.5" \
		"1 / $ratio >= 5 && $ours / $theirs <= 0.5"
	rm -rf "$DIR/wav" "$few"
}

# What the dialplan waits for.

bench_hook() {
	planfix 0
	measure $((RUNS * 20)) "exec $TOOLS/agi" "exec $(php_event)"
	row "an empty AGI program" - "$(calc %.2f "$a_wall * 1000") ms, 99 %: $(calc %.2f "$a_wall99 * 1000")" \
		"PHP script: $(calc %.2f "$b_wall * 1000") ms, 99 %: $(calc %.2f "$b_wall99 * 1000")" "$(calc %.3f "$ratio")" - -
	if [ ! -e cron/hook.c ]; then
		missing "the dialplan waits for the hook" "≤ 1/8"
		return
	fi
	# As Asterisk does, until its output is closed; what goes on behind it is celsync with a configuration of its own.
	printf '#!/bin/sh\nexec %s -c %s "$@"\n' "$CELSYNC" "$DIR/hook.conf" >"$DIR/hooked"
	chmod +x "$DIR/hooked"
	# shellcheck disable=SC2086 # "ccache gcc" is two words
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -I. "-DHOOK_PROGRAM=\"$DIR/hooked\"" -o "$DIR/hook" cron/hook.c cron/agi.c
	printf 'agi_request: hook\nagi_uniqueid: 1735689600.1\nagi_callerid: 79000000000\nagi_extension: 101\n\n' >"$DIR/agi"
	hook="x=\$($DIR/hook in 101 1735689600.1 1735689600.2 74950000000 <$DIR/agi)"
	hook_row "the dialplan waits for the hook" $((RUNS * 10))
	planfix 3000
	hook_row "the same, the server answers after 3 s" $((RUNS * 10))
}

hook_row() { # NAME RUNS: the PHP script's side is taken against the server that answers at once
	config "$DIR/hook.conf" none
	[ -n "${script:-}" ] || script="x=\$($(php_event))"
	if [ "$url" = "${quick:=$url}" ]; then
		measure "$2" "$hook" "$script"
		php_wall=$b_wall php_wall99=$b_wall99
	else
		# As far apart as beside the script: back to back, each would be held up by the start of the announcement before it.
		measure "$2" "$hook" "sleep 0.04"
	fi
	row "$1" - "$(calc %.2f "$a_wall * 1000") ms, 99 %: $(calc %.2f "$a_wall99 * 1000")" \
		"PHP script, the server answers at once: $(calc %.2f "$php_wall * 1000") ms, 99 %: $(calc %.2f "$php_wall99 * 1000")" \
		"$(calc %.3f "$a_wall / $php_wall")" "≤ 1/8" "$a_wall <= $php_wall / 8 && $a_wall99 <= $php_wall99 / 8"
}

facts() {
	processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
	memory=$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)
	printf 'Taken %s, commit %s. %s cores (%s), %s, Linux %s; %s; load when it began %s. Medians of %s runs (fewer for large tables), the two sides in turn.\n\n' \
		"$(date '+%Y-%m-%d %H:%M UTC')" "$(git describe --always --dirty 2>/dev/null || echo unknown)" "$(nproc)" "$processor" "$memory" "$(uname -r)" \
		"$(mariadbd --version | sed 's/.*Ver \([^ ]*\).*/MariaDB \1/')" "$began_load" "$RUNS"
	printf '| figure | rows | celsync | yardstick | ratio | must be | holds |\n|---|---|---|---|---|---|---|\n'
}

if part events || part hook; then need php "php-cli and php-curl"; fi
if part mp3; then need lame lame; fi
began_load=$(cut -d' ' -f1 /proc/loadavg)
: >"$TABLE"
say "data lies in $DIR"
if part tables || part idle || part events; then
	MARIADB_OWNER=$$ tests/mariadb.sh start "$DIR/mysql" --innodb-buffer-pool-size=512M --innodb-log-file-size=256M >"$DIR/socket"
	socket=$(cat "$DIR/socket")
fi
for name in memory tables idle events mp3 hook; do
	if part $name; then "bench_$name"; fi
done

{ facts; cat "$TABLE"; } >"$DIR/report"
cat "$DIR/report"
# Only a whole run replaces what is written down.
if [ "$ONLY" = "memory tables idle events mp3 hook" ]; then
	awk -v report="$DIR/report" '
		/^<!-- table -->$/ { print; while ((getline line < report) > 0) print line; off = 1; next }
		/^<!-- end of table -->$/ { off = 0 }
		!off' docs/BENCHMARKS.md >"$DIR/md"
	cat "$DIR/md" >docs/BENCHMARKS.md
fi
