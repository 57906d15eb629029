#!/bin/sh
# PlanFix fails in every way it can: exit codes, states, and afterwards the promise: nothing lost, nothing told twice but where an
# answer was lost, and that is noted.
#
# Each protection was taken out once, to see this test fail:
#   verdict_of()     no answer counted as sent, or as "later"; no cases for 401 and 403, for 408, 425 and 429; 5xx as rejected
#   verdict_delay()  Retry-After not heeded
#   http.c           FOLLOWLOCATION on: 301; VERIFYPEER off: expired, self-signed; VERIFYHOST off: wrong name; an answer counted only
#                    where it came whole: half; one_line() left out: garbage; several requests at once on a connection: GOAWAY
#   circuit.c        no doubt after a silence: refuse, hang for ever; LATER_MOST without end: "it does not go on asking"
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
[ ! -w /dev/shm ] || TMPDIR=${TMPDIR:-/dev/shm}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"

cut_capture
mkdir "$T/monitor"
sqlite3 "$T/small.db" "update cel set appname = '', appdata = '' where appname = 'MixMonitor'; update cdr set recordingfile = ''"
source_lines="driver = sqlite
path = $T/small.db"
config "$T/dry.conf" "$source_lines"
"$CELSYNC" -c "$T/dry.conf" sync --dry-run | sed 's/.*"ext":"\([0-9]*\)","callid":"\([^"]*\)".*/\2 \1/' | sort >"$T/wanted"
n=$(wc -l <"$T/wanted")
one=1795397158.2

# world NAME RULES [OPTION ...]: a stand-in that fails so, and a fresh store.
world() {
	world=$1
	printf '%s\n' "$2" >"$T/$world.script"
	shift 2
	planfix "$world" --script "$T/$world.script" "$@"
	settings
}
settings() {
	config "$T/$world.conf" "$source_lines"
	sed -i 's/^settle = .*/settle = 10 ms/' "$T/$world.conf"
}
sync() {
	"$CELSYNC" -c "$T/$world.conf" sync >"$T/$world.out" 2>"$T/$world.said"
	status=$?
}
sql() { sqlite3 "$T/$world.conf.db" "$1"; }
states() { sql "select group_concat(n || ' ' || state, ', ') from (select count(*) n, state from outbox group by state order by state)"; }
# What PlanFix has, each as often as it was told.
told() { sed -n 's/.*"ext":"\([0-9]*\)","callid":"\([^"]*\)".*"accepted":true.*/\2 \1/p' "$T/$world.log" 2>/dev/null | sort; }
twice() { told | uniq -d | tr '\n' ' '; }
requests() { grep -c '"cmd":"event"' "$T/$world.log"; }
said() { grep -q -- "$1" "$T/$world.said"; ok "$world: it says \"$1\"" $? "$T/$world.said"; }
# The fault is over and time has passed: what was held arrives, and nothing else.
over() {
	curl -sS --data-binary clear "${url%tel/api/}control" >/dev/null
	sql "update outbox set not_before = 1 where state = 'ready'"
	sync
}
arrived_once() {
	told >"$T/told"
	diff "$T/wanted" "$T/told" >"$T/diff"
	ok "$world: afterwards all of them arrived, each once" $? "$T/diff"
	is "$world: and nothing is left" "$(states)" "$n sent"
}
ends() { is "$world: ends with $1: $2" "$status $(states)" "$1 $2"; }

# Nobody is there.
planfix nobody
planfix_stop
world=refuse
settings
sync
ends 69 "$n ready"
said "does not answer"
is "refuse: one attempt was enough" "$(sql "select sum(attempts) from outbox")" 1
planfix refuse
sed -i "s|^url = .*|url = $url|" "$T/refuse.conf"
over
is "refuse: it is back: 0" $status 0
arrived_once
planfix_stop

# An answer that is lost. Held: the event is unknown, the others are not touched.
# The others must have theirs within that time, also where the machine is busy with something else.
planfix_more="timeout = 5 s
unknown = hold"
for fault in hang "slow 10000" drop; do
	world "${fault%% *} once, held" "callid=$one $fault"
	sync
	ends 0 "$((n - 1)) sent, 1 unknown"
	said "arrived is unknown"
	over
	is "$world: it is not told again" "$(twice)$(states)" "$((n - 1)) sent, 1 unknown"
	planfix_stop
done
# Resent: twice, and it is noted why.
planfix_more="timeout = 5 s"
world "drop once, resent" "callid=$one drop"
sync
over
is "$world: that one twice, and its answer is noted as lost" "$(twice)$(sql "select callid from outbox where lost > 0")" "$one 103 $one"
is "$world: and nothing is left" "$(states)" "$n sent"
planfix_stop
ok "$world: the strict stand-in agrees" $? "$T/$world.err"
# Never an answer to anything: it does not throw away the certainty of every event.
world "hang for ever" "forever hang"
sync
ends 69 "$((n - 1)) ready, 1 unknown"
is "$world: one event was risked, then pings" "$(requests)" 1
over
is "$world: afterwards only that one was told twice" "$(twice | wc -w) $(told | uniq | diff - "$T/wanted" && states)" "2 $n sent"
planfix_stop
planfix_more=

# Half an answer has a status: it arrived.
world half "count 3 half"
sync
ends 0 "$n sent"
arrived_once
planfix_stop

# It will not have it.
world 400 "callid=$one status 400 body bad number"
sync
ends 1 "1 rejected, $((n - 1)) sent"
is "400: the answer is kept" "$(sql "select status || ' ' || answer from outbox where state = 'rejected'")" "400 bad number"
over
is "400: it is not sent again" "$(told | diff "$T/wanted" - | grep -c "^[<>]") $(states)" "1 1 rejected, $((n - 1)) sent"
planfix_stop

# Our token.
for code in 401 403; do
	world $code "after 2 forever status $code body no"
	sync
	is "$code: ends with 77" $status 77
	is "$code: what did not arrive is held" "$(states)" "$((n - $(told | wc -l))) ready, $(told | wc -l) sent"
	is "$code: nothing is rejected for it, and most was not even tried" "$([ "$(requests)" -lt 12 ] && echo yes)" yes
	said "Correct \[planfix\] token"
	over
	is "$code: with the right token: 0" $status 0
	arrived_once
	planfix_stop
done

# Not now.
for fault in "429" "500" "502 body <html><h1>Bad gateway</h1></html>" "503 retry-after 3600" "429 retry-after 3600" "408" "425"; do
	world "$(echo "$fault" | cut -d' ' -f1,2)" "forever status $fault"
	sync
	ends 0 "$n ready"
	is "$world: it does not go on asking" "$([ "$(requests)" -lt "$n" ] && echo yes)" yes
	ask=$(sql "select max(not_before - changed) / 1000000 >= 3599 from outbox where attempts > 0")
	is "$world: Retry-After is heeded" "$ask" "$(case $fault in *3600) echo 1 ;; *) echo 0 ;; esac)"
	over
	is "$world: afterwards: 0" $status 0
	arrived_once
	planfix_stop
done
world "429 retry-after 1" "count 2 status 429 retry-after 1"
sync
ends 0 "$n sent"
arrived_once
planfix_stop
# A date: the same, if it is in GMT (RFC 9110).
world "503 retry-after date" "count 2 status 503 retry-after $(LC_ALL=C date -u -d '+2 hours' '+%a, %d %b %Y %H:%M:%S GMT')"
sync
is "$world: a date is heeded" "$(sql "select max(not_before - changed) / 1000000 between 7100 and 7200 from outbox where attempts = 1 and state = 'ready'")" 1
over
arrived_once
planfix_stop

# To elsewhere: never with the token.
planfix elsewhere
elsewhere=$url
world 301 "callid=$one redirect $elsewhere"
sync
ends 1 "1 rejected, $((n - 1)) sent"
is "301: it was not followed" "$(cat "$T/elsewhere.log")" ""
planfix_stop

# What is answered is of no use.
world huge "callid=$one huge 104857600"
sync
ends 0 "$n sent"
is "huge: 100 MB are not stored" "$(sql "select max(length(answer)) <= 1024 from outbox")" 1
arrived_once
planfix_stop
world garbage "forever garbage"
sync
ends 0 "$n sent"
is "garbage: what is kept of it is text of one line" "$(sql "select count(*) from outbox where answer glob '*[' || char(1) || '-' || char(31) || ']*'
	or hex(answer) like '%FF%'")" 0
arrived_once
planfix_stop

# Certificates.
"$TOP/tests/planfix/certs.sh" "$T/certs"
for name in wrong-name expired self-signed; do
	planfix_more="ca_file = $T/certs/ca.pem"
	world $name "" --cert "$T/certs/$name.pem" --key "$T/certs/$name.key"
	sync
	ends 69 "$n ready"
	said "certificate"
	is "$name: nothing was said to it" "$(cat "$T/$name.log")" ""
	planfix_stop
	planfix $name --cert "$T/certs/good.pem" --key "$T/certs/good.key"
	sed -i "s|^url = .*|url = $url|" "$T/$name.conf"
	sql "update outbox set not_before = 1 where state = 'ready'"
	sync
	is "$name: with a good one: 0" $status 0
	arrived_once
	planfix_stop
done

# HTTP/2: after every third request the server says GOAWAY.
if command -v nginx >/dev/null && nginx -V 2>&1 | grep -q http_v2_module; then
	planfix goaway
	port=$(free_port)
	mkdir "$T/nginx"
	cat >"$T/nginx/conf" <<EOF
daemon off; worker_processes 1; pid $T/nginx/pid; error_log $T/nginx/error.log;
events {}
http {
	access_log off; keepalive_requests 3;
	client_body_temp_path $T/nginx/body; proxy_temp_path $T/nginx/proxy; fastcgi_temp_path $T/nginx/f; uwsgi_temp_path $T/nginx/u; scgi_temp_path $T/nginx/s;
	server { listen 127.0.0.1:$port ssl http2; ssl_certificate $T/certs/good.pem; ssl_certificate_key $T/certs/good.key;
		location / { proxy_pass ${url%tel/api/}; } }
}
EOF
	setpriv --pdeathsig TERM nginx -p "$T/nginx" -e "$T/nginx/error.log" -c "$T/nginx/conf" 2>"$T/nginx/err" &
	pids="$pids $!"
	wait_for test -s "$T/nginx/pid"
	url=https://127.0.0.1:$port/tel/api/
	world=goaway
	planfix_more="ca_file = $T/certs/ca.pem"
	settings
	sync
	ends 0 "$n sent"
	arrived_once
	planfix_stop
else
	echo "# no nginx with HTTP/2 here: GOAWAY is left out"
fi
done_testing
