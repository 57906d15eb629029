#!/bin/sh
# SIGKILL at random moments, under load: calls come in all the time, PlanFix is slow, two programs run at once, and both are killed,
# again and again. Afterwards every event has arrived, none more than twice, and twice only where an answer is noted as lost; what did
# not arrive was cut off twice, and is noted as unknown: it is not sent a third time. Under hold none arrived more than once, and what
# did not is noted as unknown.
# KILLS (make kill: 200; as a part of make check: 15) is how often. Not the place where this is proved: that is crash.sh, which
# stops at every step; here nobody chose the moment.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
[ ! -w /dev/shm ] || TMPDIR=${TMPDIR:-/dev/shm}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"
KILLS=${KILLS:-15}
DELAY=$((KILLS * 3 / 10)) # ms before every answer: the outbox must not run empty before the end

# feed FROM TO: the rows between them have been written now.
feed() {
	sqlite3 "$T/live.db" ".timeout 5000" "attach '$T/small.db' as whole" \
		"insert into cel select * from whole.cel where AcctId > $1 and AcctId <= $2" \
		"insert into cdr select * from whole.cdr where uniqueid in (select uniqueid from whole.cel where AcctId > $1 and AcctId <= $2) and
			AcctId not in (select AcctId from main.cdr)"
}
keys() { sed -n 's/.*"event":"\([A-Z]*\)".*"ext":"\([0-9]*\)","callid":"\([^"]*\)".*"accepted":true.*/\3 \2 \1/p' "$T/$1.log" | sort; }
noted() { sqlite3 "$T/$1.conf.db" "select callid || ' ' || ext || ' ' || event from outbox where $2" | sort; }

CALLS=$(sqlite3 "$CAPTURE/master.db" "select distinct linkedid from cel where linkedid between '1795397150' and '1795397700'")
cut_capture
cut_to_now
cut_recordings "$T/monitor"
first=$(sqlite3 "$T/small.db" "select min(AcctId) from cel")
last=$(sqlite3 "$T/small.db" "select max(AcctId) from cel")

# under_fire POLICY: feeds the table and kills, until all rows are there and all kills are done.
under_fire() {
	sqlite3 "$CAPTURE/master.db" .schema | sqlite3 "$T/live.db"
	policy=$1
	repeats=any
	[ "$policy" = resend ] || repeats=fault
	planfix_more="unknown = $policy
popup_max_age = 1 d
timeout = 5 s"
	planfix "$policy" --repeats "$repeats" --delay "$DELAY"
	config "$T/$policy.conf" "driver = sqlite
path = $T/live.db"
	sed -i "s/^settle = .*/settle = 10 ms/; s/^connections = .*/connections = 2/" "$T/$policy.conf"
	at=$((first - 1))
	kills=0
	while [ $kills -lt "$KILLS" ]; do
		next=$((first + (last - first) * (kills + 1) / KILLS))
		feed $at $next
		at=$next
		"$CELSYNC" -c "$T/$policy.conf" sync 2>>"$T/$policy.said" &
		one=$!
		"$CELSYNC" -c "$T/$policy.conf" sync 2>>"$T/$policy.said" &
		two=$!
		# Any moment of a run that reads, asks whether PlanFix is there, and sends a few.
		sleep "0.$(od -An -N1 -tu1 /dev/urandom | awk -v most=$((200 + 4 * DELAY)) '{ printf "%03d", $1 * most / 255 }')"
		kill -9 $one $two 2>/dev/null
		wait $one $two 2>/dev/null
		kills=$((kills + 1))
	done
	# Undisturbed now; the second run sends again what the first one found cut off.
	for _ in 1 2; do
		"$CELSYNC" -c "$T/$policy.conf" sync 2>>"$T/$policy.said"
		status=$?
	done
	planfix_stop
	ok "$policy: the strict stand-in found no fault" $? "$T/$policy.err"
	is "$policy: the last run ends with 0" "$status" 0
	[ "$KILLS" -lt 100 ] || is "$policy: answers were lost" "$([ "$(noted "$policy" "lost > 0" | wc -l)" -gt 0 ] && echo yes)" yes
	echo "# $policy: $(noted "$policy" "lost > 0" | wc -l) answers were lost, $(noted "$policy" "lost > 1" | wc -l) of them twice"
	keys "$policy" >"$T/told"
	noted "$policy" "lost > 0" >"$T/lost"
	rm "$T/live.db"
	find "$T/monitor" -name '*.mp3' -delete
}

planfix quiet
config "$T/quiet.conf" "driver = sqlite
path = $T/small.db"
sed -i 's/^\[planfix\]/&\npopup_max_age = 1 d/' "$T/quiet.conf"
"$CELSYNC" -c "$T/quiet.conf" sync 2>/dev/null
find "$T/monitor" -name '*.mp3' -delete
keys quiet >"$T/wanted"
planfix_stop
is "there is something to tell" "$([ "$(wc -l <"$T/wanted")" -gt 60 ] && echo yes)" yes

under_fire resend
noted resend "state = 'unknown' and lost = 2" >"$T/unknown"
is "resend: every event arrived, but for what was cut off twice" "$(comm -23 "$T/wanted" "$T/told" | comm -23 - "$T/unknown")" ""
is "resend: nothing else arrived, and nothing else is left" "$(comm -13 "$T/wanted" "$T/told" | grep -vxFf "$T/wanted")$(noted resend "state <> 'sent'" | comm -23 - "$T/unknown")" ""
is "resend: none more than twice" "$(uniq -c "$T/told" | awk '$1 > 2')" ""
is "resend: twice only where an answer is noted as lost" "$(uniq -d "$T/told" | comm -23 - "$T/lost")" ""

under_fire hold
is "hold: none more than once" "$(uniq -d "$T/told")" ""
comm -23 "$T/wanted" "$T/told" >"$T/missing"
noted hold "state = 'unknown'" >"$T/unknown"
is "hold: what did not arrive is noted as unknown" "$(comm -23 "$T/missing" "$T/unknown")" ""
is "hold: nothing else arrived, and nothing else is left" "$(comm -13 "$T/wanted" "$T/told")$(noted hold "state not in ('sent', 'unknown')")" ""
done_testing
