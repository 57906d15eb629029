#!/bin/sh
# The plug is pulled at every durable step: a build that counts them ends at once at step N (store/crash.h), then runs again until it
# is done. The end must be that of a run nobody disturbed, but for what the policy for lost answers allows:
#   resend   every event arrives, in order, none more than twice, and twice only where an answer was noted as lost
#   hold     none more than once, and what did not arrive is noted as unknown, or is the record of such a COMPLETED
# Every step is tried under resend and every third under hold; with CRASH_EVERY=K every Kth under both (make crash: 1).
#
# Tried, and each of them fails this test: outbox_recover() left out, or making ready what it must make unknown; the cursor committed
# before what its rows produced; late_owe() never called; recordings_recover() left out; LOST_MOST 1 instead of 2.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
# Thousands of fsyncs, and none of them is what is tested: in memory where there is room for it.
[ ! -w /dev/shm ] || TMPDIR=${TMPDIR:-/dev/shm}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"
CRASHING=$BUILD/tests/celsync-crash
[ -x "$CRASHING" ] || { echo "Bail out! $CRASHING is not built: make tests"; exit 1; }
WORKERS=4
LATE=1795397163.4 # the call whose recording comes late, so that a `record` follows

# world DIR POLICY: a fresh state and a stand-in for it; its pid is $server.
world() {
	mkdir -p "$1"
	cp -r "$T/spool" "$1/monitor"
	policy=$2
	[ "$policy" = hold ] && repeats=fault || repeats=any
	"$BUILD/tests/planfix" --token "$TOKEN" --port-file "$1/port" --log "$1/log" --repeats "$repeats" --exit-when-parent-dies 2>"$1/planfix.err" &
	server=$!
	i=0
	while [ ! -s "$1/port" ] && [ $i -lt 12000 ]; do sleep 0.01; i=$((i + 1)); done
	cat >"$1/conf" <<EOF
[source]
driver = sqlite
path = $T/small.db
start = all
settle = 100 ms
[pbx]
extension = ^[1-9]\\d{1,3}\$
trunk = mango
[planfix]
url = $(cat "$1/port")
token = $TOKEN
rate = 0
connections = 4
popup_max_age = 1 d
unknown = $policy
data_call_start = {call_start}
[recordings]
spool = $1/monitor
publish_dir = $1/public
url = https://calls.example.com/r
secret_file = $1/secret
[store]
path = $1/db
EOF
	chmod 600 "$1/conf"
}

# until_done DIR: runs until nothing is left to do. The first run may end at a step ($CELSYNC_CRASH_AT).
until_done() {
	"$CRASHING" -c "$1/conf" sync 2>>"$1/err"
	status=$?
	unset CELSYNC_CRASH_AT
	[ $status = 99 ] || return $status
	"$CRASHING" -c "$1/conf" sync 2>>"$1/err"
}

# The whole story: a pass; the late recording comes; another pass. $1 DIR, $2 step of the first pass, $3 step of the second.
story() {
	[ -z "$2" ] || export CELSYNC_CRASH_AT="$2"
	until_done "$1" || echo "the first pass ended with $?" >>"$1/wrong"
	cp -p "$T/late.wav" "$1/monitor/$late"
	sqlite3 "$1/db" "update recording set not_before = 0 where state = 'waiting'"
	[ -z "$3" ] || export CELSYNC_CRASH_AT="$3"
	until_done "$1" || echo "the second pass ended with $?" >>"$1/wrong"
	kill $server
	wait $server || echo "the stand-in found faults: $(cat "$1/planfix.err")" >>"$1/wrong"
}

# What arrived, a line each: key, then all that was said but for the key of the link, which is another in each world.
arrived() {
	sed -n 's/.*"cmd":"\(event\|record\)","fields":\({[^}]*}\).*"accepted":true.*/\1 \2/p' "$1/log" |
		sed 's/\(calls.example.com\/r\)\/[0-9a-f]*/\1/' | sort
}
# What the store is left with, but for times.
left() {
	sqlite3 "$1/db" "select callid, ext, event, n from outbox where event <> 'record' order by 1, 2, 3, 4; select callid, ext, n, closed_as, final from windows;
		select callid, file, state, mp3, link is not null from recording; select cursor from checkpoint; select * from open_call;"
	(cd "$1" && find monitor public -type f ! -name '.*' | sed 's/^public\/[0-9a-f]*/public/' | sort)
}
# Requests of which no answer was noted: what arrived of them is not known.
unsure() { sqlite3 "$1/db" "select callid || ' ' || ext || ' ' || event from outbox where $2" | sort; }

# judge DIR POLICY: compares with the clean run; what is wrong goes to DIR/wrong.
judge() {
	arrived "$1" >"$1/arrived"
	left "$1" >"$1/left"
	diff "$T/clean/left" "$1/left" >"$1/diff" || { echo "another end: $(cat "$1/diff")" >>"$1/wrong"; }
	unsure "$1" "lost > 0" >"$1/lost"
	unsure "$1" "state = 'unknown'" >"$1/unknown"
	unsure "$1" "state not in ('sent', 'unknown')" >"$1/waits"
	[ "$2" = hold ] || [ ! -s "$1/unknown" ] || echo "unknown at the end: $(cat "$1/unknown")" >>"$1/wrong"
	awk -v policy="$2" '
		function name(line,   key) {
			key = line
			sub(/.*"callid":"/, "", key); sub(/".*/, "", key)
			if (line ~ /^record/) return key " record"
			return key " " field(line, "ext") " " field(line, "event")
		}
		function field(line, f) { sub(".*\"" f "\":\"", "", line); sub(/".*/, "", line); return line }
		FILENAME ~ /lost$/ { lost[$0] = 1; if ($3 == "record") lost[$1 " record"] = 1; next }
		FILENAME ~ /unknown$/ { unknown[$0] = 1; if ($3 == "COMPLETED" || $3 == "record") unknown[$1 " record"] = 1; next }
		FILENAME ~ /waits$/ { if ($3 != "record" || !unknown[$1 " record"]) print "not sent: " $0; next }
		FILENAME ~ /clean/ { wanted[$0] = 1; next }
		{ got[$0]++ }
		END {
			for (line in got) {
				key = name(line)
				if (!wanted[line]) print "never asked for: " line
				if (got[line] > (policy == "hold" ? 1 : 2)) print got[line] " times: " line
				if (got[line] == 2 && !lost[key]) print "twice, but not noted as lost: " line
			}
			for (line in wanted)
				if (!got[line] && (policy == "resend" || !unknown[name(line)])) print "did not arrive: " line
		}' "$1/lost" "$1/unknown" "$1/waits" "$T/clean/arrived" "$1/arrived" >>"$1/wrong"
}

# try POLICY STEP: one crash, at this step of the story, and what became of it.
try() {
	dir=$T/$1.$2
	world "$dir" "$1"
	if [ "$2" -le "$first" ]; then story "$dir" "$2" ""; else story "$dir" "" $(($2 - first)); fi
	judge "$dir" "$1"
	step=$(sed -n 's/^crash at step [0-9]*: //p' "$dir/err")
	[ -z "$step" ] || echo "$2 $step" >>"$T/$1.steps"
	[ ! -s "$dir/wrong" ] || sed "s/^/step $2 ($step): /" "$dir/wrong" >>"$T/$1.wrong"
	rm -rf "$dir"
}

# every POLICY STEP: tries each STEPth one; several at once, as a pass waits more than it works.
every() {
	: >"$T/$1.wrong"
	workers=
	worker=0
	while [ $worker -lt $WORKERS ]; do
		worker=$((worker + 1))
		(
			trap - EXIT
			at=$((1 + (worker - 1) * $2))
			while [ $at -le "$last" ]; do
				try "$1" $at
				at=$((at + $2 * WORKERS))
			done
		) &
		workers="$workers $!"
		pids="$pids $!"
	done
	# shellcheck disable=SC2086
	wait $workers
}

cut_capture
cut_to_now
cut_recordings "$T/spool"
late=$(cd "$T/spool" && find . -name "*$LATE.wav")
mv "$T/spool/$late" "$T/late.wav"
world "$T/clean" resend
story "$T/clean" 0 0
arrived "$T/clean" >"$T/clean/arrived"
left "$T/clean" >"$T/clean/left"
is "the run nobody disturbs is right" "$(cat "$T/clean/wrong" 2>/dev/null)" ""
is "it tells of ACCEPTED, COMPLETED and a late record" "$(grep -c '"ACCEPTED"\|"COMPLETED"' "$T/clean/arrived") $(grep -c ^record "$T/clean/arrived")" "32 1"
first=$(sed -n 's/^\([0-9]*\) steps$/\1/p' "$T/clean/err" | head -n 1)
last=$((first + $(sed -n 's/^\([0-9]*\) steps$/\1/p' "$T/clean/err" | tail -n 1)))

for policy in resend hold; do
	step=${CRASH_EVERY:-$([ $policy = resend ] && echo 1 || echo 3)}
	every $policy "$step"
	is "$policy: the end is right wherever it was cut off" "$(head -n 20 "$T/$policy.wrong")" ""
	crashes=$(wc -l <"$T/$policy.steps")
	echo "# $policy: cut off at $crashes of $last steps:" "$(cut -d' ' -f2- "$T/$policy.steps" | sort | uniq -c | tr -s ' \n' ' ')"
	is "$policy: it was cut off, and there are more than thirty steps" "$([ "$crashes" -gt $((30 / step)) ] && echo yes)" yes
done
done_testing
