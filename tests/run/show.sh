#!/bin/sh
# `celsync show`: what a real Asterisk wrote, drawn; what PlanFix was told of it; nothing but text on a terminal.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export LC_ALL=C.UTF-8 TZ=Europe/Moscow
unset NO_COLOR COLUMNS
conf=$T/show.conf
transfer=1795397518.138 consultation=1795397523.140 queue=1795397316.67 conference=1795397918.283 parking=1795397714.211

show() { # ARGUMENT...: leaves $T/out and $T/err
	"$CELSYNC" -c "$conf" show "$@" >"$T/out" 2>"$T/err"
}
has() { # NAME FIXED-TEXT
	grep -qF -- "$2" "$T/out"
	ok "$1" $? "$T/out"
}
matches() { # NAME REGEX
	grep -qE -- "$2" "$T/out"
	ok "$1" $? "$T/out"
}
widest() { wc -L <"$1"; }
controls() { LC_ALL=C tr -dc '\000-\010\013-\037\177' <"$1" | wc -c; }
# The picture: from the axis to the empty line behind the legend.
picture() { sed -n '/^ *|[0-9][0-9]:/,/^$/p' "$1"; }

recordings_there
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"

# Attended transfer.
show $transfer
is "transfer: status" $? 0
is "transfer: nothing on stderr" "$(cat "$T/err")" ""
has "transfer: what it was" "what       incoming, answered"
has "transfer: when, in the zone of the PBX" "began      2026-11-23 04:31:58 +03:00"
matches "transfer: the client is alone, talks, hears music, talks" '^1 client ·+▓+♪+▓+×16$'
matches "transfer: 101 rings, talks" '^2 101 +░+▓+×16$'
matches "transfer: 101 asks 102 without the client" '^3 101 +·+─+×16$'
matches "transfer: 102 rings, is asked, talks with the client" '^4 102 +░+─+▓+×16$'
matches "transfer: the axis tells the time in the zone of the PBX" '^ +\|04:32:00 '
has "transfer: who transferred" "talk 7 s, transferred from 101"
has "transfer: a note" "101 transferred the call after asking"
has "transfer: the consultation is named" "$consultation: internal, answered, client 102"
has "transfer: a channel by its name" "PJSIP/mango-0000006a  $transfer"
has "transfer: Cyrillic names" "name Петрова Анна"
has "transfer: without a store that is said" "there is no store $conf.db yet"
is "transfer: no store was made" "$(ls "$conf.db" 2>/dev/null)" ""
is "transfer: 80 columns where there is no terminal" "$(picture "$T/out" >"$T/picture"; [ "$(widest "$T/picture")" -le 80 ] && echo yes)" yes
cp "$T/out" "$T/whole"

# By any id of the call.
for id in 1795397518.139 1795397523.141; do
	show $id
	cmp -s "$T/out" "$T/whole"
	ok "the uniqueid $id leads to the same call" $?
done
show $consultation
has "the consultation is a call of its own" "Call $consultation"
has "and is not reported" "reported   no: internal"
has "it names the call it was for" "$transfer: incoming, answered, client 79167612836"
show 1.1
is "an id that is not there: status" $? 1
is "an id that is not there: nothing is printed" "$(cat "$T/out")" ""
grep -q "no call 1.1 in .*master.db" "$T/err"
ok "an id that is not there: said, with the source" $? "$T/err"
show "1' or '1' = '1"
is "an id that would be SQL: status" $? 1
show
is "no id: status" $? 64
show 1.1 1.2
is "two ids: status" $? 64

# By a client's number and a date.
show 79167612836 2026-11-23
is "a number and its day: status" $? 0
cmp -s "$T/out" "$T/whole"
ok "a number and its day: the same call" $? "$T/out"
show "+7 (916) 761-28-36" "2026-11-23 04:00"
cmp -s "$T/out" "$T/whole"
ok "as people type it, with a time near by, in the zone of the machine" $? "$T/out"
show 79167612836 2026-11-22
is "another day: status" $? 1
grep -q "no call of 79167612836 at that time" "$T/err"
ok "another day: said" $? "$T/err"
show 79167612836 "2026-11-23 08:00"
is "hours later: status" $? 1
show 79167612836 "2026-11-23 05:32"
is "an hour and two seconds later: status" $? 1
show 79167612836 "2026-11-23 05:31"
is "within the hour: status" $? 0
show 79167612836 yesterday
is "no date: status" $? 64
show 101 2026-11-23
is "an extension is no number: status" $? 64
show --json 79167612836 2026-11-23
is "as JSON: a line each" "$(wc -l <"$T/out") $(grep -o '"callid":"[^"]*"' "$T/out" | head -n 1)" "1 \"callid\":\"$transfer\""
many=$("$CELSYNC" -c "$conf" calls --from 2026-11-23 --to 2026-11-24 --json | grep -o '"client":"79[0-9]*"' | sort | uniq -c | sort -rn | sed -n '1s/^ *\([0-9]*\) "client":"\(.*\)"/\1 \2/p')
show "${many#* }" 2026-11-23
is "several calls of one client: all are shown" "$(grep -c '^Call ' "$T/out")" "${many% *}"

# Queue, conference, parking.
show $queue
matches "queue: the client hears music, then talks" '^1 client +♪+▓+×16$'
matches "queue: the wire of 102 is no person" '^[0-9] Local 102 +·+┄+×16$'
matches "queue: 102 talks" '^[0-9] 102 +░+▓+×16$'
matches "queue: 101 only rings: answered elsewhere" '^[0-9] 101 +░+×26$'
has "queue: both halves of a wire" "Local/102@from-queue-00000007;2  1795397316.71"
has "queue: its number" "queue      700"
show $conference
matches "conference: the client waits for somebody" '^1 client ─+▓+×16$'
matches "conference: 101 stays when the client has gone" '^2 101 +▓+─+×16$'
matches "conference: 102 comes and goes" '^3 102 +▓+×16$'
is "conference: its announcers are nobody" "$(grep -c CBAnn "$T/out")" 0
show $parking
matches "parking: talks, is parked, talks" '^1 client ·+▓+~+▓+×16$'
matches "parking: 101 hears the number of the place" '^2 101 +░+·?▓+─+×16$'

# Every call of the capture is drawn.
"$CELSYNC" -c "$conf" calls --from 2026-11-22 --to 2026-11-25 --json 2>"$T/err" >"$T/calls"
sed 's/.*"callid":"\([^"]*\)".*/\1/' "$T/calls" >"$T/ids"
bad=
while read -r id; do
	show "$id" && [ "$(head -n 1 "$T/out")" = "Call $id" ] && picture "$T/out" >"$T/picture" &&
		[ "$(wc -l <"$T/picture")" -ge 3 ] && [ "$(widest "$T/picture")" -le 80 ] || bad="$bad $id"
	[ "$(controls "$T/out")" = 0 ] || bad="$bad $id(control)"
done <"$T/ids"
is "each of $(wc -l <"$T/ids") calls is drawn, within 80 columns, in plain text" "$bad" ""

# Terminals.
terminal() { # COLUMNS ENVIRONMENT...: on a terminal so wide; leaves $T/out
	columns=$1
	shift
	env TERM=xterm "$@" script -qefc "stty cols $columns; '$CELSYNC' -c '$conf' show $transfer" /dev/null </dev/null >"$T/raw" 2>&1
	tr -d '\r' <"$T/raw" >"$T/out"
}
plain() { sed "s/$(printf '\033')\\[[0-9]*m//g" "$T/out" >"$T/plain"; picture "$T/plain" >"$T/picture"; widest "$T/picture"; }
if has_terminal; then
	# The sign of a hang-up has room for a cause of three digits; here it is 16.
	for columns in 60 100 200; do
		terminal $columns
		is "a terminal of $columns columns is filled" "$(plain)" $((columns - 1))
	done
	terminal 30
	is "a narrower one than 60 columns gets 60" "$(plain)" 59
	grep -q "$(printf '\033')\\[32m▓" "$T/out"
	ok "a terminal gets colour" $?
	terminal 80 NO_COLOR=1
	is "with NO_COLOR it gets none" "$(grep -c "$(printf '\033')" "$T/out")" 0
fi
show $transfer
is "what is no terminal gets none" "$(grep -c "$(printf '\033')" "$T/out")" 0
LC_ALL=C show $transfer
is "without UTF-8: plain ASCII" "$(LC_ALL=C tr -d '\000-\177' <"$T/out" | wc -c)" 0
matches "without UTF-8: the same picture" '^1 client _+=+m+=+x16$'

# After a pass: what PlanFix was told.
planfix show
# shellcheck disable=SC2034
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
"$CELSYNC" -c "$conf" sync 2>"$T/sync.err"
is "sync ends with 0" $? 0
show $transfer
is "told: status" $? 0
matches "told: 101" '#[0-9]+ COMPLETED 101, window 0: sent$'
matches "told: 102" '#[0-9]+ COMPLETED 102, window 0: sent$'
matches "told: when, how often, the answer" '^      20[0-9-]+ [0-9:]+ [+-][0-9:]+, 1 try, answer 200'
matches "told: the body, its token masked" '^      planfix_token=\*\*\*&cmd=event&.*&ext=102&.*status=Success'
matches "told: the state of the recording" '^      done$'
matches "told: its link" '^      https://calls.example.com/r/[0-9a-f]{32}/external-101'
is "told: the token is nowhere" "$(grep -c "$TOKEN" "$T/out")" 0
# The body shown is the one that came.
link=$(sed -n '/COMPLETED 102/{n;n;p}' "$T/out" | grep -o 'record_link=.*')
came=$(grep "\"callid\":\"$transfer\"" "$T/show.log" | grep '"ext":"102"' | grep -o '"record_link":"[^"]*"' | cut -d'"' -f4)
is "told: with the link that PlanFix got" "$(printf '%s' "$link" | sed 's/record_link=//; s/%3A/:/g; s|%2F|/|g; s/%2B/+/g; s/%25/%/g')" "$came"

show --json $transfer
is "json: status" $? 0
is "json: one line" "$(wc -l <"$T/out")" 1
"$CELSYNC" -c "$conf" calls --call $transfer --json 2>/dev/null | grep "\"callid\":\"$transfer\"" | sed 's/}$//' >"$T/as-calls"
case $(cat "$T/out") in "$(cat "$T/as-calls")"*) same=0 ;; *) same=1 ;; esac
ok "json: begins as calls --json prints it" $same "$T/as-calls"
has "json: a channel" '{"uniqueid":"1795397518.139","name":"PJSIP/101-0000006b","linkedid":"1795397518.138","start":"2026-11-23T01:31:58Z","answer":"2026-11-23T01:31:59Z","end":"2026-11-23T01:32:07Z","cause":16,"stays":[{"bridge":"de089985-80f4-4f78-9e2a-26b2fdeea1af","from":"2026-11-23T01:31:59Z","to":"2026-11-23T01:32:07Z"}],"connected":[{"from":"2026-11-23T01:31:59Z","to":"2026-11-23T01:32:07Z"}]}'
matches "json: a request" '"event":"COMPLETED","ext":"102","window":0,"state":"sent","attempts":1,"status":200,'
has "json: the other call" "\"others\":[\"$consultation\"]"
matches "json: a recording" '"recordings_state":\[\{"file":"[^"]*","path":"[^"]*","state":"done"'
is "json: the token is nowhere" "$(grep -c "$TOKEN" "$T/out")" 0
show --json 1.1
is "json: not found: status" $? 1
is "json: not found: nothing is printed" "$(cat "$T/out")" ""
LC_ALL=C show --json $transfer
cp "$T/out" "$T/c"
show --json $transfer
cmp -s "$T/out" "$T/c"
ok "json: the same in any locale" $?
planfix_stop
ok "the stand-in found no fault" $? "$T/show.err"
show $consultation
has "told: nothing of a consultation" "   nothing: internal"

# A first pass that begins now leaves the past alone, and `show` says so.
was=$conf
conf=$T/now.conf
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
sed -i '/^start = /d' "$conf"
"$CELSYNC" -c "$conf" sync 2>"$T/sync.err"
is "a first pass that begins now ends with 0" $? 0
show $transfer
matches "told: nothing of what was before" '^   nothing: it began before 20[0-9-]+ [0-9:]+ [+-][0-9:]+, see \[source\] start$'
conf=$was

# To be shared: no number, no name; the rest as it was.
show --masked $transfer
is "masked: status" $? 0
is "masked: no number of the client, nor the DID" "$(grep -c '79167612836\|74951110101' "$T/out")" 0
is "masked: no name" "$(grep -c 'Иванов\|Петрова' "$T/out")" 0
has "masked: the end of the number, its length" "client     *********36"
has "masked: in requests too" "&phone=*********36&"
has "masked: in names of files too" "external-101-+*********36-20261123-013158-$transfer.wav"
has "masked: ids stay" "PJSIP/101-0000006b  1795397518.139"
cp "$T/out" "$T/masked"
show $transfer
picture "$T/out" >"$T/picture"
picture "$T/masked" | cmp -s - "$T/picture"
ok "masked: the same picture" $?
show --json --masked $transfer
is "masked json: no number" "$(grep -c '79167612836\|74951110101' "$T/out")" 0
has "masked json: times and ids stay" '"uniqueid":"1795397518.139","name":"PJSIP/101-0000006b"'

# A store that cannot be read costs what it would tell.
cp "$conf.db" "$T/kept.db"
rm -f "$conf.db"*
echo "some text that is longer than the header of a database file is, and is none" >"$conf.db"
show $transfer
is "a store that is none: status" $? 1
has "a store that is none: the call is shown" "what       incoming, answered"
has "a store that is none: said where it would stand" "the store $conf.db cannot be read"
grep -q "$conf.db" "$T/err"
ok "a store that is none: and on stderr" $? "$T/err"
rm "$conf.db"

# Tries that did not arrive: config() names a port where nobody is.
cp "$conf" "$T/tries.conf"
sed -i "s|^path = $T/show.conf.db|path = $T/tries.db|; s|^url = .*|url = http://127.0.0.1:1/tel/api/|" "$T/tries.conf"
"$CELSYNC" -c "$T/tries.conf" sync 2>/dev/null
"$CELSYNC" -c "$T/tries.conf" show "$(sqlite3 "$T/tries.db" 'SELECT callid FROM outbox WHERE attempts > 0 LIMIT 1')" >"$T/out" 2>"$T/err"
matches "tries: when, and why it did not arrive" '^ +try 1: 2[0-9-]+ [0-9:]+ .*, to be tried again: Failed to connect'
"$CELSYNC" -c "$T/tries.conf" show --json "$(sqlite3 "$T/tries.db" 'SELECT callid FROM outbox WHERE attempts > 0 LIMIT 1')" >"$T/out" 2>"$T/err"
has "tries: as JSON" '"tries":[{"n":1,"at":"2'

# A PBX with a name: callids carry it; ids are taken with it and without.
sed -i 's/^trunk = mango/&\nname = msk/' "$conf"
for id in msk-$transfer $transfer msk-1795397518.139; do
	show "$id"
	is "with a PBX's name: $id" "$(head -n 1 "$T/out")" "Call msk-$transfer"
done

# Names that callers chose.
cp "$CAPTURE/master.db" "$T/evil.db"
sqlite3 "$T/evil.db" "update cel set cidname = char(27) || '[2J' || char(27) || ']0;owned' || char(7) || char(0x9b) || '2J' || char(0x202e) || 'x'
	where linkedid = '$transfer'"
config "$T/evil.conf" "driver = sqlite
path = $T/evil.db"
conf=$T/evil.conf
show $transfer
has "a hostile name is shown, disarmed" "name ?[2J?]0;owned???2J?x"
is "no control character comes through" "$(controls "$T/out")" 0
done_testing
