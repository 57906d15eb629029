#!/bin/sh
# The stand-in PlanFix is itself tested: correct traffic passes, every fault is caught, every scripted
# failure happens. TAP, for prove. Needs curl and openssl, and the server built:
# $CELSYNC_BUILD/tests/planfix (default build/tests/planfix).
set -u
top=${CELSYNC_TOP:-.}
planfix=${CELSYNC_BUILD:-build}/tests/planfix
token=stand-in-token-e5b1
phone=79161234567
link=https://pbx.invalid/rec/0123456789abcdef/call.mp3
tests=0 failures=0 pid='' url=''

T=$(mktemp -d) || exit 1
finish() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	rm -rf "$T"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# GOT WANTED NAME
is() {
	tests=$((tests + 1))
	if [ "$1" = "$2" ]; then
		echo "ok $tests - $3"
	else
		failures=$((failures + 1))
		echo "not ok $tests - $3"
		printf '# wanted: %s\n# got:    %s\n' "$2" "$1" | sed '3,$s/^/# /'
	fi
}
# TEXT WORDS NAME: the words stand in the text
has() {
	case $1 in
	*"$2"*) is "$2" "$2" "$3" ;;
	*) is "$1" "...$2..." "$3" ;;
	esac
}

# Waits, two minutes at most, until a command succeeds.
eventually() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 2400 ] || return 1
		sleep 0.05
	done
}
# Starts the server with more options; the log is kept from one start to the next.
start() {
	rm -f "$T/url"
	"$planfix" --token $token --log "$T/log" --port-file "$T/url" --exit-when-parent-dies "$@" \
		2>"$T/err" &
	pid=$!
	if ! eventually test -s "$T/url"; then
		echo "Bail out! the server does not start: $(cat "$T/err")"
		exit 1
	fi
	url=$(cat "$T/url")
}
# WANTED-STATUS NAME
stop() {
	kill "$pid"
	wait "$pid"
	is $? "$1" "$2"
	pid=''
}
fresh() {
	rm -f "$T/log"
	start "$@"
}
last() {
	tail -n 1 "$T/log"
}

# FIELD=VALUE ...: sends them with the values encoded; prints the status, 000 when no answer came
send() {
	fields=$#
	while [ $fields -gt 0 ]; do
		field=$1
		shift
		set -- "$@" --data-urlencode "$field"
		fields=$((fields - 1))
	done
	curl -s -m 120 -o "$T/body" -D "$T/head" -w '%{http_code}' "$@" "$url"
}
# NAME FIELD=VALUE ...: right, and answered so
good() {
	name=$1
	shift
	is "$(send planfix_token=$token "$@")" 200 "$name"
	has "$(last)" '"accepted":true' "$name: accepted"
}
# WORDS FIELD=VALUE ...: answered 400, and the log says why
bad() {
	words=$1
	shift
	is "$(send planfix_token=$token "$@") $(cat "$T/body")" \
		'400 {"error":"Invalid parameters"}' "400 for $words"
	has "$(last | sed 's/.*"faults"://')" "$words" "fault: $words"
}
# '' FIELD=VALUE ...: with no opinion on the answer
silent() {
	shift
	send planfix_token=$token "$@" >/dev/null
}
# CURL-ARGUMENT ...: for what is wrong before it is a form
raw() {
	curl -s -m 120 -o "$T/body" -w '%{http_code}' "$@"
}
# WORDS BODY
bad_body() {
	is "$(raw --data-binary "$2&planfix_token=$token" "$url")" 400 "400 for $1"
	has "$(last)" "$1" "fault: $1"
}

# good|bad|silent NAME|WORDS TYPE EVENT CALLID EXT [FIELD=VALUE ...]
event() {
	verb=$1 words=$2 type=$3 event=$4 id=$5 ext=$6
	shift 6
	"$verb" "$words" cmd=event "type=$type" "event=$event" "phone=$phone" "ext=$ext" \
		"callid=$id" "$@"
}
# good|bad|silent NAME|WORDS TYPE CALLID EXT STATUS DURATION IS_RECORDED [FIELD=VALUE ...]
completed() {
	verb=$1 words=$2 type=$3 id=$4 ext=$5 status=$6 duration=$7 recorded=$8
	shift 8
	event "$verb" "$words" "$type" COMPLETED "$id" "$ext" "status=$status" \
		"duration=$duration" "is_recorded=$recorded" "$@"
}
# The line of a rule, given while the server runs
control() {
	curl -s -m 120 -o "$T/body" -w '%{http_code}' --data-binary "$1" "${url%tel/api/}control"
}
script() {
	is "$(control "$1")" 200 "control takes: $1"
}
# A callid that was not used before
new_id() {
	ids=$((ids + 1))
	id=1763900900.$ids
}
ids=0

# ---- correct traffic --------------------------------------------------------------------------
fresh
event good 'ring-all: 101 rings' in INCOMING 1.1 101 diversion=74951234567
event good 'ring-all: 102 rings' in INCOMING 1.1 102 diversion=74951234567
event good 'ring-all: 103 rings' in INCOMING 1.1 103
event good 'ring-all: 102 picks up' in ACCEPTED 1.1 102
completed good 'ring-all: 101 stops ringing' in 1.1 101 Cancelled 0 0
completed good 'ring-all: 103 stops ringing' in 1.1 103 Cancelled 0 0
completed good 'ring-all: 102 hangs up' in 1.1 102 Success 56 1 'data_call_start=2025-11-23 15:28:20' \
	'data_%D0%B8%D0%BC%D1%8F=Иванов & «сыновья» =100%+'
good 'ring-all: the recording' cmd=record callid=1.1 record_link=$link is_temp=0
is "$(tail -n 2 "$T/log" | grep -c '"data_имя":"Иванов & «сыновья» =100%+')" 1 'the log has the text as it was sent'

event good 'in turn: 101 rings' in INCOMING 1.2 101
completed good 'in turn: 101 does not answer' in 1.2 101 Cancelled 0 0
event good 'in turn: 102 rings' in INCOMING 1.2 102
event good 'in turn: 102 picks up' in ACCEPTED 1.2 102
completed good 'in turn: 102 hangs up' in 1.2 102 Success 9 1 record_link=$link
event good 'a phone that rings again: a new window' in INCOMING 1.2 101
event good 'a phone that rings again: picked up' in ACCEPTED 1.2 101
completed good 'a phone that rings again: ended' in 1.2 101 Success 0 0

event good 'outgoing: begins' out OUTGOING 1.3 101 diversion=74951234567
event good 'outgoing: answered' out ACCEPTED 1.3 101
completed good 'outgoing: ended' out 1.3 101 Success 7 0
for status in Busy NoAnswer NotAvailable NotAllowed; do
	new_id
	completed good "history, outgoing: $status" out $id 101 $status 0 0
done
new_id
completed good 'history: missed' in pbx1-$id 101 Missed 0 1
event good 'a queue rings the same phone twice' in INCOMING 1.5 101
event good 'a queue rings the same phone twice' in INCOMING 1.5 101
good 'ping' cmd=ping
has "$(cat "$T/body")" '"pbxToken"' 'ping answers with what PlanFix keeps of us'
is "$(grep -c stand-in-pbx-secret "$T/log")" 0 'which stays out of the log'
good 'contact' cmd=contact phone=$phone callid=1.1
has "$(cat "$T/body")" '"contact_name":"Client 79161234567"' 'contact answers with a name'
has "$(curl -s "${url%tel/api/}control")" '"faults":0,"lost":0,"rules":0' 'control tells what was counted'
stop 0 'no fault: exit 0'
is "$(test -e "$T/url" || echo gone)" gone 'its port file is gone with it'
has "$(cat "$T/err")" ' 0 faults in 0 requests' 'the summary says so'

# ---- what is wrong before it is a form --------------------------------------------------------
fresh
is "$(raw -X GET --data "cmd=ping&planfix_token=$token" "$url")" 400 'GET is refused'
has "$(last)" 'method: GET is not POST' 'fault: the method'
is "$(raw --data "cmd=ping&planfix_token=$token" "${url%tel/api/}other/")" 404 'another path is not there'
has "$(last)" 'path: /other/ is not /tel/api/' 'fault: the path'
is "$(raw --data "cmd=ping&planfix_token=$token" "$url?cmd=ping&x=$token")" 400 'a query is refused'
has "$(last)" 'path: something stands after a' 'fault: the query'
for type in application/json 'text/plain; charset=utf-8' \
	'application/x-www-form-urlencoded; charset=koi8-r' application/x-www-form-urlencodedd; do
	is "$(raw --data "cmd=ping&planfix_token=$token" -H "Content-Type: $type" "$url")" 400 "$type is refused"
	has "$(last)" "content type: $type is not" 'fault: the content type'
done
is "$(raw --data "cmd=ping&planfix_token=$token" -H 'Content-Type:' "$url")" 400 'no content type is refused'
has "$(last)" 'content type: none' 'fault: no content type'
is "$(raw --data "cmd=ping&planfix_token=$token" -H 'Content-Type: Application/X-www-form-urlencoded;charset=UTF-8' "$url")" \
	200 'the content type may name UTF-8'
bad_body 'piece that is not NAME=VALUE' 'cmd=ping&&x=1'
bad_body 'piece that is not NAME=VALUE' 'cmd=ping&x'
bad_body 'piece that is not NAME=VALUE' 'cmd=ping&=x'
bad_body 'a % without two hex digits' 'cmd=ping%2'
bad_body 'a byte that must be percent-encoded' 'cmd=ping&data_x=a b'
bad_body 'a byte that must be percent-encoded' 'cmd=ping&data_x=имя'
bad_body 'is not UTF-8' 'cmd=ping&data_x=%d0'
bad_body 'holds a NUL' 'cmd=ping&data_x=a%00'
bad_body 'field name' 'cmd=ping&x%zz=1'
bad_body 'cmd: repeated field' 'cmd=ping&cmd=ping'
bad_body 'planfix_token: repeated field' "cmd=ping&planfix_token=$token"
head -c 70000 /dev/zero | tr '\0' x >"$T/long"
is "$(raw --data-binary @"$T/long" "$url")" 401 'a long body is read to its limit only'
has "$(last)" 'body: longer than any request' 'fault: the long body'

is "$(send cmd=ping) $(cat "$T/body")" '401 {"error":"Invalid token"}' 'no token: 401'
has "$(last)" 'planfix_token: missing' 'fault: no token'
is "$(send cmd=ping planfix_token=another-secret) $(cat "$T/body")" '401 {"error":"Invalid token"}' 'wrong token: 401'
has "$(last)" 'planfix_token: wrong' 'fault: wrong token'
is "$(grep -c another-secret "$T/log")" 0 'a wrong token is not logged either'
event bad 'data_x: holds the token' in COMPLETED 2.1 101 status=Missed duration=0 is_recorded=0 "data_x=<$token>"
has "$(last)" '"data_x":"<***>"' 'the log hides it'
stop 1 'faults: exit 1'
has "$(cat "$T/err")" 'request 1: method: GET is not POST' 'the summary lists them'

# ---- fields -----------------------------------------------------------------------------------
fresh
bad 'cmd: missing' phone=$phone
bad 'cmd: \"events\" does not exist' cmd=events
event bad 'colour: unknown field' in INCOMING 3.1 101 colour=red
event bad 'data_: unknown field' in INCOMING 3.1 101 data_=x
all="cmd=event type=in event=COMPLETED phone=$phone ext=101 callid=3.1 status=Missed duration=0 is_recorded=0"
for left_out in type event phone ext callid status duration is_recorded; do
	set --
	for field in $all; do
		case $field in "$left_out="*) ;; *) set -- "$@" "$field" ;; esac
	done
	bad "\"$left_out: missing\"" "$@"
done
bad 'record_link: missing' cmd=record callid=3.1
bad 'callid: missing' cmd=record record_link=$link
bad 'phone: missing' cmd=contact
event bad 'type: \"IN\" is not in or out' IN ACCEPTED 3.1 101
event bad 'event: \"RINGING\" is not' in RINGING 3.1 101
event bad 'event: INCOMING with type=out' out INCOMING 3.1 101
event bad 'event: OUTGOING with type=in' in OUTGOING 3.1 101
for status in Busy NoAnswer NotAvailable NotAllowed success ''; do
	completed bad "status: \\\"$status\\\" does not exist for type=in" in 3.1 101 "$status" 0 0
done
for status in Missed Cancelled BUSY; do
	completed bad "status: \\\"$status\\\" does not exist for type=out" out 3.1 101 "$status" 0 0
done
for number in +79161234567 '8 916' 7 '' anonymous 123456789012345678901234567890123; do
	bad "phone: \\\"$number\\\" is not 2 to 32 digits" cmd=event type=in event=INCOMING "phone=$number" ext=101 callid=3.1
done
for wrong in '' '10 1' 101/102 '101;2'; do
	event bad "ext: \\\"$wrong\\\" is not digits and letters" in INCOMING 3.1 "$wrong"
done
event bad 'diversion: \"\" is not' in INCOMING 3.1 101 diversion=
event bad 'diversion: \"' in INCOMING 3.1 101 "diversion=$(head -c 65 "$T/long")"
event bad 'callid: \"\" is not' in INCOMING '' 101
event bad 'callid: \"3 1\" is not' in INCOMING '3 1' 101
event bad 'callid: \"' in INCOMING "$(head -c 256 "$T/long")" 101
for wrong in -1 1.5 '' 5s 1234567890; do
	completed bad "duration: \\\"$wrong\\\" is not whole seconds" in 3.1 101 Success "$wrong" 0
done
completed bad 'duration: 5 although status is Missed' in 3.1 101 Missed 5 0
completed bad 'duration: 5 although status is Busy' out 3.1 101 Busy 5 0
for wrong in 2 yes ''; do
	completed bad "is_recorded: \\\"$wrong\\\" is not 0 or 1" in 3.1 101 Success 5 "$wrong"
done
bad 'is_temp: \"2\" is not 0 or 1' cmd=record callid=1.1 record_link=$link is_temp=2
for wrong in '' /rec/call.mp3 ftp://pbx.invalid/call.mp3 https:///call.mp3 'https://pbx.invalid/a b.mp3' \
	https://pbx.invalid/запись.mp3; do
	completed bad "record_link: \\\"$wrong\\\" is not an absolute" in 3.1 101 Success 5 1 "record_link=$wrong"
done
completed bad 'record_link: given although is_recorded=0' in 3.1 101 Success 5 0 record_link=$link
for field in duration=5 is_recorded=1 status=Success record_link=$link data_x=y; do
	event bad "${field%%=*}: only allowed at COMPLETED" in ACCEPTED 3.1 101 "$field"
done
completed bad 'is_temp: not a field of this command' in 3.1 101 Success 5 1 is_temp=0
bad 'phone: not a field of this command' cmd=ping phone=$phone
bad 'ext: not a field of this command' cmd=record callid=3.1 record_link=$link ext=101
is "$(grep -c '"accepted":true' "$T/log")" 0 'nothing of this was accepted'
completed good 'and nothing of it was remembered' in 3.1 101 Success 5 1
stop 1 'faults: exit 1'

# ---- the order of events ----------------------------------------------------------------------
fresh
again='event: COMPLETED repeated for this callid and ext'
event good 'rings' in INCOMING 4.1 101
event good 'picked up' in ACCEPTED 4.1 101
event bad 'event: ACCEPTED repeated in one window' in ACCEPTED 4.1 101
event good 'rings again in the same window' in INCOMING 4.1 101
event bad 'event: ACCEPTED repeated in one window' in ACCEPTED 4.1 101
completed good 'ended' in 4.1 101 Success 5 1
completed bad "$again" in 4.1 101 Success 5 1
completed bad "$again" in 4.1 101 Cancelled 0 0
event bad 'event: ACCEPTED after COMPLETED' in ACCEPTED 4.1 101
completed good 'another employee of the call is no repeat' in 4.1 102 Cancelled 0 0
event good 'a new window' in INCOMING 4.1 101
completed good 'and its end' in 4.1 101 Cancelled 0 0
completed bad "$again" in 4.1 101 Cancelled 0 0
completed good 'history' out 4.2 101 Busy 0 0
completed bad "$again" out 4.2 101 Busy 0 0
event bad 'event: ACCEPTED after COMPLETED' out ACCEPTED 4.2 101
event bad 'type: was out before in this callid' in INCOMING 4.2 102
phone=79160000000
event bad 'phone: was 79161234567 before in this callid' out OUTGOING 4.2 102
phone=79161234567

bad 'record: before any COMPLETED' cmd=record callid=4.3 record_link=$link
event good 'rings' in INCOMING 4.3 101
bad 'record: before any COMPLETED' cmd=record callid=4.3 record_link=$link
completed good 'ended, not recorded' in 4.3 101 Success 5 0
bad 'record: no COMPLETED said is_recorded=1' cmd=record callid=4.3 record_link=$link
completed good 'ended, recorded' in 4.3 102 Success 5 1
good 'now the recording may come' cmd=record callid=4.3 record_link=$link
bad 'record: this record_link was already given' cmd=record callid=4.3 record_link=$link
good 'another recording of the call' cmd=record callid=4.3 record_link=$link.2
completed good 'ended, with its link' in 4.4 101 Success 5 1 record_link=$link
bad 'record: this record_link was already given' cmd=record callid=4.4 record_link=$link
stop 1 'faults: exit 1'

# ---- the script -------------------------------------------------------------------------------
cat >"$T/script" <<EOF
# comes with the start
after 2 cmd=ping status 503 retry-after 7

event=COMPLETED callid=5.1 count 2 status 500
EOF
fresh --script "$T/script"
good 'after 2: the first' cmd=ping
completed good 'another call is not meant' in 5.2 101 Success 5 0
good 'after 2: the second' cmd=ping
is "$(send cmd=ping planfix_token=$token)" 503 'after 2: the third'
has "$(tr -d '\r' <"$T/head")" 'Retry-After: 7' 'with Retry-After'
has "$(last)" '"accepted":false' 'it was not accepted'
good 'once only' cmd=ping
for try in first second; do
	completed silent '' in 5.1 101 Success 5 1
	has "$(last)" '"status":500' "count 2: the $try"
done
completed good 'what was answered with an error may come again' in 5.1 101 Success 5 1

for code in 400 401 403 404 408 425 429 500 502 503 504; do
	script "cmd=ping status $code"
	is "$(send cmd=ping planfix_token=$token)" $code "status $code"
	has "$(last)" "\"script\":\"status $code\",\"accepted\":false" "status $code is in the log"
done
script 'status 400'
send cmd=ping planfix_token=$token >/dev/null
is "$(cat "$T/body")" '{"error":"Invalid parameters"}' '400 says what PlanFix says'
script 'status 401'
send cmd=ping planfix_token=$token >/dev/null
is "$(cat "$T/body")" '{"error":"Invalid token"}' '401 says what PlanFix says'
script 'status 502'
send cmd=ping planfix_token=$token >/dev/null
has "$(cat "$T/head")" 'text/html' '502 is a page'
has "$(cat "$T/body")" '<h1>502</h1>' 'in HTML'
script 'status 429 retry-after Wed, 21 Oct 2037 07:28:00 GMT body {"error": "slow down"}'
is "$(send cmd=ping planfix_token=$token) $(cat "$T/body")" '429 {"error": "slow down"}' 'a body of its own'
has "$(tr -d '\r' <"$T/head")" 'Retry-After: Wed, 21 Oct 2037 07:28:00 GMT' 'Retry-After as a date'
script 'status 200 body accepted nonetheless'
is "$(send cmd=ping planfix_token=$token) $(cat "$T/body")" '200 accepted nonetheless' 'a 200 of its own'
has "$(last)" '"accepted":true' 'counts as accepted'
script 'redirect http://127.0.0.1:9/elsewhere'
is "$(send cmd=ping planfix_token=$token)" 301 'redirect'
has "$(tr -d '\r' <"$T/head")" 'Location: http://127.0.0.1:9/elsewhere' 'to the place given'
has "$(last)" '"accepted":false' 'it was not accepted'
script 'garbage'
is "$(send cmd=ping planfix_token=$token)" 200 'garbage'
has "$(cat "$T/body")" 'not JSON' 'is no JSON'
has "$(last)" '"accepted":true' 'it was accepted'
script 'huge 100000000'
is "$(send cmd=ping planfix_token=$token)" 200 'huge'
is "$(wc -c <"$T/body")" 100000000 'is as large as asked for'
: >"$T/body"
script 'slow 50'
good 'slow answers after all' cmd=ping
has "$(last)" '"script":"slow 50"' 'slow is in the log'

script 'count 2 status 500'
script 'status 501'
is "$(send cmd=ping planfix_token=$token)" 500 'the first rule goes first'
script 'clear'
good 'clear takes all rules away' cmd=ping
script 'forever status 500'
for try in 1 2 3; do
	is "$(send cmd=ping planfix_token=$token)" 500 "forever ($try)"
done
script 'clear
type=out ext=102 status 503'
event good 'rules look at fields' out OUTGOING 5.9 101
event silent '' out OUTGOING 5.9 102
has "$(last)" '"status":503' 'all of which must fit'
for wrong in 'explode' 'status' 'status 99' 'status 500 later' 'status 500 retry-after' 'after x drop' 'count 0 drop' 'colour=red drop' \
	'redirect' 'slow' 'slow -1' 'huge 0' 'drop now' 'count 2'; do
	is "$(control "$wrong")" 400 "control refuses: $wrong"
	has "$(cat "$T/body")" 'script line 1: ' 'and says where'
done
control 'status 500
explode' >/dev/null
good 'of a wrong script nothing is taken' cmd=ping
sed 's/^/#/' "$T/long" >"$T/comment"
is "$(control @"$T/comment")" 400 'control refuses what is longer than it reads'
stop 0 'scripted failures are no faults: exit 0'
fresh
script 'cmd=ping status 500'
is "$(send cmd=ping x=1 planfix_token=$token)" 500 'the script answers a wrong request too'
has "$(last)" 'x: unknown field' 'which is a fault all the same'
stop 1 'faults: exit 1'

# ---- answers that get lost --------------------------------------------------------------------
# ACTION CURL-EXIT
lost() {
	new_id
	event good "$1: picked up" in ACCEPTED "$id" 101
	script "event=COMPLETED $1"
	curl -s -m "${3:-120}" -o "$T/body" -d "planfix_token=$token&cmd=event&type=in&event=COMPLETED&phone=$phone" \
		-d "ext=101&callid=$id&status=Success&duration=5&is_recorded=1" "$url"
	is $? "$2" "$1: no whole answer"
	has "$(last)" '"accepted":true' "$1: accepted all the same"
}
fresh
again_once() {
	completed good "$1: may come again" in "$id" 101 Success 5 1
	has "$(last)" '"repeat":true' "$1: the log calls it a repeat"
	completed bad "$again" in "$id" 101 Success 5 1
}
lost drop 52
is "$(last | grep -c '"answer":null')" 1 'drop: the log shows no answer'
again_once drop
lost half 18
again_once half
lost hang 28 3
again_once hang
# The client waits for three seconds; that it has gone is found when the answer is due.
lost 'slow 6000' 28 3
gone() {
	curl -s "${url%tel/api/}control" | grep -q "\"lost\":1"
}
eventually gone
is $? 0 'slow: the server saw that its client had gone'
again_once slow
new_id
script 'event=ACCEPTED drop'
event silent '' in ACCEPTED "$id" 101
event good 'ACCEPTED whose answer was lost' in ACCEPTED "$id" 101
event bad 'event: ACCEPTED repeated in one window' in ACCEPTED "$id" 101
completed good 'a recorded call' in "$id" 101 Success 5 1
script 'cmd=record drop'
send planfix_token=$token cmd=record "callid=$id" record_link=$link >/dev/null
good 'record whose answer was lost' cmd=record "callid=$id" record_link=$link
bad 'record: this record_link was already given' cmd=record "callid=$id" record_link=$link
stop 1 'faults: exit 1'

fresh --repeats fault
lost drop 52
completed bad "$again" in "$id" 101 Success 5 1
stop 1 '--repeats fault: a repeat is one'
fresh --repeats any
completed good 'ended' in 6.1 101 Success 5 1
completed good '--repeats any: again' in 6.1 101 Success 5 1
completed good '--repeats any: and again' in 6.1 101 Success 5 1
event bad 'event: ACCEPTED after COMPLETED' in ACCEPTED 6.1 101
stop 1 '--repeats any: the order still counts'

# ---- stopped and started again ----------------------------------------------------------------
port=$(perl "$top/tests/lib/port.pl")
fresh --port "$port"
completed good 'before the restart' in 7.1 101 Success 5 1
lost drop 52
lost_id=$id
script 'hang'
curl -s -m 3 -o /dev/null -d "planfix_token=$token&cmd=ping" "$url"
script 'count 2 slow 600000'
curl -s -m 600 -o /dev/null -d "planfix_token=$token&cmd=ping" "$url" &
waiting=$!
slow() {
	last | grep -q 'slow 600000'
}
eventually slow
stop 0 'stops at once, whoever waits'
wait $waiting
is $? 52 'who waited gets no answer'
count=$(wc -l <"$T/log")
start --port "$port"
completed bad "$again" in 7.1 101 Success 5 1
has "$(last)" "{\"n\":$((count + 1))," 'the log goes on where it was'
good 'it knows the calls of before' cmd=record callid=7.1 record_link=$link
completed good 'and what was lost' in "$lost_id" 101 Success 5 1
stop 1 'faults: exit 1'
echo 'something else' >"$T/log"
"$planfix" --token $token --log "$T/log" 2>"$T/err"
is $? 73 'a file that is no log is refused'
has "$(cat "$T/err")" 'line 1: not a line of this log' 'and named'

# ---- many at once -----------------------------------------------------------------------------
fresh --delay 20
i=0
while [ $i -lt 600 ]; do
	i=$((i + 1))
	cat <<EOF
next
url = $url
output = /dev/null
data = "planfix_token=$token&cmd=event&type=in&event=COMPLETED&phone=$phone&ext=101&callid=8.$i&status=Missed&duration=0&is_recorded=0"
EOF
done | sed 1d >"$T/many"
curl -s -f -m 600 --parallel --parallel-max 32 --parallel-immediate -K "$T/many" 2>"$T/err"
is $? 0 '600 requests over 32 connections'
is "$(grep -c '"accepted":true' "$T/log")" 600 'all accepted'
is "$(sed 's/^{"n":\([0-9]*\),.*/\1/' "$T/log" | tr '\n' ' ')" "$(seq 600 | tr '\n' ' ')" 'logged one after another'
is "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" 1 'by one thread'
stop 0 'no fault: exit 0'

# ---- TLS --------------------------------------------------------------------------------------
sh "$top/tests/planfix/certs.sh" "$T/certs"
is $? 0 'certificates are made'
# CERTIFICATE CURL-EXIT NAME
tls() {
	fresh --cert "$T/certs/$1.pem" --key "$T/certs/$1.key"
	curl -s -m 120 --cacert "$T/certs/ca.pem" -o /dev/null -d "planfix_token=$token&cmd=ping" "$url"
	is $? "$2" "$3"
	stop 0 "$3: exit 0"
}
tls good 0 'TLS with a good certificate'
has "$(last)" '"cmd":"ping"' 'TLS: the request is in the log'
tls expired 60 'TLS with an expired certificate'
tls wrong-name 60 'TLS with the certificate of another host'
tls self-signed 60 'TLS with a certificate signed by nobody'
is "$(wc -l <"$T/log")" 0 'TLS refused: nothing was sent'
fresh --bind ::1
has "$url" 'http://[::1]:' 'IPv6'
good 'ping over IPv6' cmd=ping
stop 0 'no fault: exit 0'

# ---- start and end ----------------------------------------------------------------------------
# WANTED-EXIT WORDS OPTION ...
refuses() {
	code=$1 words=$2
	shift 2
	"$planfix" "$@" >/dev/null 2>"$T/err"
	is $? "$code" "exit $code: $*"
	has "$(cat "$T/err")" "$words" "and says: $words"
}
refuses 64 '--token is needed'
refuses 64 'not a loopback address' --token x --bind 0.0.0.0
refuses 64 'not a loopback address' --token x --bind 192.0.2.1
refuses 64 'not a loopback address' --token x --bind ::
refuses 64 'not a loopback address' --token x --bind localhost
refuses 64 '--port is' --token x --port 65536
refuses 64 '--delay is' --token x --delay -1
refuses 64 '--repeats is' --token x --repeats never
refuses 64 'go together' --token x --cert "$T/certs/good.pem"
refuses 64 'nothing but options' --token x y
refuses 64 'nknown option' --token x --colour red
refuses 64 'script line 1: ' --token x --script "$T/many"
refuses 73 'No such file' --token x --script "$T/nowhere"
refuses 73 'cannot be opened' --token x --log "$T/nowhere/log"
refuses 69 'cannot listen' --token x --cert "$T/script" --key "$T/script"
fresh
port=${url##*:}
refuses 69 'cannot listen' --token x --port "${port%%/*}"
stop 0 'no fault: exit 0'

# Its parent, a shell, ends; so does it.
# shellcheck disable=SC2016
sh -c '"$0" --token x --port-file "$1/url" --exit-when-parent-dies 2>/dev/null & echo $! >"$1/orphan"
	until [ -s "$1/url" ]; do sleep 0.05; done' "$planfix" "$T"
orphaned() {
	! kill -0 "$(cat "$T/orphan")" 2>/dev/null
}
eventually orphaned
is $? 0 'it ends with its parent'

echo "1..$tests"
[ $failures -eq 0 ]
