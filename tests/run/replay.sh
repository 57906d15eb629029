#!/bin/sh
# `celsync replay`: what was not delivered goes again, by call, state, period or error; what was acknowledged only with --force.
# Tried: --force always given.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"

BAD=1795397158.2  # PlanFix will not have it
LOST=1795397182.8 # its answer is lost
RECORDED=1795397544.144

replay() {
	"$CELSYNC" -c "$T/conf" replay "$@" >"$T/out" 2>"$T/err"
	status=$?
}
state_of() { sqlite3 "$T/conf.db" "select group_concat(distinct state) from outbox where callid = '$1'"; }
told() { grep -c "\"callid\":\"$1\"" "$T/planfix.log"; }
requests() { wc -l <"$T/planfix.log"; }
dump() { sqlite3 "$T/conf.db" "select * from outbox; select * from recording; select * from windows"; }

cut_capture
cut_recordings "$T/monitor"
# Of one recording there is only an MP3 that is none.
wav=$(find "$T/monitor" -name "*$RECORDED.wav")
broken=${wav%.wav}.mp3
mv "$wav" "$T/kept.wav"
head -c 5000 /dev/zero >"$broken"
touch -d '1 hour ago' "$broken"
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
planfix_more="unknown = hold"
printf 'forever callid=%s status 400 body bad extension\ncallid=%s drop\n' $BAD $LOST >"$T/script"
planfix planfix --script "$T/script" --repeats any
config "$T/conf" "driver = sqlite
path = $T/small.db"
"$CELSYNC" -c "$T/conf" sync 2>"$T/err"
is "a sync of which something is rejected ends with 1" $? 1
is "one call is rejected, one unknown, one recording failed" \
	"$(state_of $BAD) $(state_of $LOST) $(sqlite3 "$T/conf.db" "select count(*) from recording where state = 'failed'")" "rejected unknown 1"
total=$(requests)

# Of what? A bare replay could send thousands of requests.
replay
is "a bare replay: 64" $status 64
grep -q -- '--call ID, --state S' "$T/err"
ok "and it says what it wants" $? "$T/err"
for wrong in "--state lost" "--state sending" "--state sent" "--from yesterday" "--to 2026-13-01" "--force" "--dry-run"; do
	# shellcheck disable=SC2086
	replay $wrong
	is "replay $wrong: 64" $status 64
done
is "nothing was sent by these" "$(requests)" "$total"

# A dry run lists and changes nothing.
dump >"$T/before"
replay --from 2026-11-22 --to 2026-11-25 --dry-run
is "a dry run ends with 0" $status 0
is "it lists the rejected, the unknown and the recording" "$(grep -c "^$BAD.*rejected.*goes again.*bad extension\|^$LOST.*unknown.*goes again\|^$RECORDED.*failed" "$T/out")" 3
ok "and sums up" "$(grep -q '^2 requests would go again: 1 rejected, 1 unknown, 0 expired, 0 sent$' "$T/out"; echo $?)" "$T/out"
dump >"$T/after"
cmp -s "$T/before" "$T/after"
ok "it changes nothing" $?
is "it sends nothing" "$(requests)" "$total"

# By error: PlanFix rejects it once more.
replay --error 'http 400: BAD ext'
is "rejected once more: 1" $status 1
is "it arrived once more" "$(told $BAD)" 2
ok "it says what it did" "$(grep -q '^1 request goes again: 1 rejected' "$T/out"; echo $?)" "$T/out"
is "and nothing else was touched" "$(state_of $LOST)" unknown
curl -sS --data-binary clear "${url%tel/api/}control" >/dev/null
replay --error 'no such error'
is "no such error: 0" "$status $(cat "$T/out")" "0 nothing to replay"
replay --call $BAD
is "by call: 0" $status 0
is "it is sent now" "$(state_of $BAD)" sent

# The period of another day holds nothing.
replay --from 2026-11-24 --to 2026-11-25
is "another day: nothing" "$(cat "$T/out")" "nothing to replay"
is "unknown stays held" "$(state_of $LOST)" unknown
replay --state unknown
is "by state: 0" $status 0
is "the held one is sent" "$(state_of $LOST) $(told $LOST)" "sent 2"

replay --call 1.1
is "a call nobody knows: 1" $status 1

# What was acknowledged.
replay --call $BAD
is "what was acknowledged stays" "$(cat "$T/out")" "nothing to replay"
replay --call $BAD --force
is "but for --force" "$status $(told $BAD) $(state_of $BAD)" "0 4 sent"

# Somebody else is sending: he takes it along.
exec 9>"$T/conf.db.deliver.lock"
flock 9
replay --call $BAD --force
is "while another run sends: 0" $status 0
ok "it says who sends" "$(grep -q 'another run is sending' "$T/err"; echo $?)" "$T/err"
is "it sends nothing itself" "$(told $BAD) $(state_of $BAD)" "4 ready"
exec 9>&-
"$CELSYNC" -c "$T/conf" sync 2>"$T/err"
is "the next sync does" "$(told $BAD) $(state_of $BAD)" "5 sent"

# A recording that failed.
rm "$broken"
mv "$T/kept.wav" "$wav"
"$CELSYNC" -c "$T/conf" sync 2>"$T/err"
is "a failed recording is not tried again by itself" "$(sqlite3 "$T/conf.db" "select count(*) from recording where state = 'failed'")" 1
replay --state failed
ok "replay --state failed says what it does" "$(grep -q '^1 recording is converted again by the next sync$' "$T/out"; echo $?)" "$T/out"
"$CELSYNC" -c "$T/conf" sync 2>"$T/err"
is "and the next sync converts it" "$(sqlite3 "$T/conf.db" "select state from recording where callid = '$RECORDED'")" "done"

# The store.
sed "s|^path = .*conf.db|path = $T/none/celsync.db|" "$T/conf" >"$T/none.conf"
chmod 600 "$T/none.conf"
"$CELSYNC" -c "$T/none.conf" replay --state rejected >"$T/out" 2>"$T/err"
is "a store that cannot be opened: 73" $? 73
planfix_stop
ok "the strict stand-in found no fault" $? "$T/planfix.err"
done_testing
