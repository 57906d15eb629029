#!/bin/sh
# `celsync status`: what the store and the source tell, and what is silently wrong; as text, JSON and metrics.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/shift.sh"
export TZ=UTC
conf=$T/status.conf
celsync() { "$CELSYNC" -c "$conf" "$@"; }
status() { celsync status "$@" >"$T/out" 2>"$T/err"; }
sql() { sqlite3 -batch "$conf.db" "$1"; }
# The codes of all warnings, in one line.
codes() { celsync status --json 2>"$T/err" | sed -n 's/.*"code": "\([a-z_]*\)".*/\1/p' | tr '\n' ' ' | sed 's/ $//'; }
metric() { celsync status --prometheus 2>"$T/err" | sed -n "s/^celsync_$1 //p"; }
exposition() { # NAME: the metrics as they are now
	celsync status --prometheus >"$T/metrics" 2>"$T/err"
	awk -f "$TOP/tests/lib/exposition.awk" "$T/metrics" >"$T/faults"
	ok "$1: the metrics are well formed" $? "$T/faults"
}

mkdir "$T/monitor"
now=$(date +%s)
shifted "$T/pbx.db" $((now - 90))
planfix good
planfix_more="announce = off"
config "$conf" "driver = sqlite
path = $T/pbx.db
timezone = utc"

status
is "before the first pass: 1" $? 1
grep -q "there is no store" "$T/err"
ok "before the first pass: said" $? "$T/err"
status --exit-status
is "before the first pass, for monitoring: critical" $? 2
status --json --prometheus
is "two formats at once: usage" $? 64

# All is well. The capture's recordings are not here; that is waited for, and nobody's fault.
celsync sync 2>"$T/sync.err"
is "a pass ends well" $? 0
status --exit-status
is "all is well: 0" $? 0
is "no warning" "$(grep -c '^warning\|^CRITICAL' "$T/out")" 0
for line in "last pass    20" "newest row   20" "lag          0 rows" "open calls   0" "recordings   " "retention    20"; do
	grep -q "^$line" "$T/out"
	ok "it tells: $line" $? "$T/out"
done
sent=$(sql "SELECT count(*) FROM outbox WHERE state = 'sent'")
grep -Eq "^ +$sent sent +the oldest is [0-9]+ (s|min) old" "$T/out"
ok "requests by state, with the oldest one's age" $? "$T/out"
is "--json: the same" "$(celsync status --json | perl -MJSON::PP -e '$s = decode_json(join "", <>); print join " ", $s->{outbox}{sent}{count}, $s->{open_calls}, $s->{source}{reached}, $s->{source}{lag_rows}, scalar @{$s->{warnings}}')" "$sent 0 1 0 0"
exposition "all is well"
is "--prometheus: the same" "$(metric 'outbox_requests{state="sent"}') $(metric source_up) $(metric lag_rows) $(metric open_calls)" "$sent 1 0 0"
is "--prometheus: no warning" "$(celsync status --prometheus | grep -c '^celsync_warning.* [12]$')" 0
awk 'NR == 4 { print "celsync_lag_rows 1" } 1' "$T/metrics" | awk -f "$TOP/tests/lib/exposition.awk" >/dev/null
is "the checker of metrics finds a sample without its TYPE" $? 1
sed 's/^\(celsync_open_calls\) .*/\1 1 s/' "$T/metrics" | awk -f "$TOP/tests/lib/exposition.awk" >/dev/null
is "and a value that is none" $? 1

# Rows that no pass has read.
shifted "$T/pbx.db" $((now - 60)) 10000
is "lag: the rows behind the cursor" "$(metric lag_rows)" "$(sqlite3 "$T/pbx.db" "SELECT max(AcctId) - $(sql 'SELECT cursor FROM checkpoint') FROM cel")"
is "lag: since when" "$([ "$(metric lag_seconds)" -ge 60 ] && echo yes)" yes
sqlite3 "$T/pbx.db" 'DELETE FROM cel WHERE AcctId > 10000; DELETE FROM cdr WHERE AcctId > 10000'

# The source is away: the rest is shown.
mv "$T/pbx.db" "$T/away.db"
status --exit-status
is "the source is away: critical" $? 2
grep -q "cannot be reached" "$T/out" && grep -q "$sent sent" "$T/out"
ok "the source is away: said, and the rest is shown" $? "$T/out"
status
is "the source is away, for people: 0" $? 0
exposition "the source is away"
is "the source is away, as a metric" "$(metric source_up) $(metric 'warning{code="source"}')" "0 2"
mv "$T/away.db" "$T/pbx.db"

# Another table.
mv "$T/pbx.db" "$T/kept.db"
shifted "$T/pbx.db" $((now - 100))
is "a swapped table" "$(codes)" table_swapped
status --exit-status
is "a swapped table: critical" $? 2
mv "$T/kept.db" "$T/pbx.db"
is "the first one again" "$(codes)" ""

# Zones.
sqlite3 "$T/pbx.db" "UPDATE cdr SET calldate = strftime('%Y-%m-%d %H:%M:%S', calldate, '+3 hours')"
is "CDR in another zone than CEL" "$(codes)" zones_differ
status
grep -q "CEL is written +0.00 hours from UTC, CDR +3.00" "$T/out"
ok "which zones" $? "$T/out"
sqlite3 "$T/pbx.db" "UPDATE cdr SET calldate = strftime('%Y-%m-%d %H:%M:%S', calldate, '-3 hours')"

# Whom PlanFix does not know; the hook.
sed -i 's/^\[pbx\]$/[pbx]\nemployees = 101, 102/' "$conf"
is "extensions that are not among the employees" "$(codes)" extensions_unknown
status
grep -q "not among \[pbx\] employees: 103" "$T/out"
ok "which" $? "$T/out"
sed -i '/^employees/d; s/^announce = off/announce = hook/' "$conf"
is "calls ring, and the hook was never heard of" "$(codes)" hook_silent
printf 'direction in\next 101\nlinkedid 1795397203.14\nuniqueid 1795397203.16\ndid 74951234567\ncallerid 79161234567\n' | celsync announce 2>"$T/err"
celsync sync 2>"$T/err"
is "it is heard of" "$(codes)" ""
is "and since when is told" "$([ "$(metric hook_timestamp_seconds)" -ge "$now" ] && echo yes)" yes
sed -i 's/^announce = hook/announce = off/' "$conf"

# A run that fails; one that does not.
planfix_stop
sed -i 's|^url = .*|url = http://127.0.0.1:1/tel/api/|' "$conf"
sql "UPDATE outbox SET state = 'ready' WHERE id = 1"
celsync sync 2>"$T/err"
is "a pass fails" $? 69
is "the last run failed" "$(codes)" last_run_failed
status
grep -q "^last error   status 69, .*PlanFix does not answer" "$T/out"
ok "why" $? "$T/out"
sql "UPDATE outbox SET created = created - 7200000000 WHERE state = 'ready'"
is "what waits for two hours" "$(codes)" "last_run_failed backlog"
is "a warning" "$(status --exit-status; echo $?)" 1
sql "UPDATE outbox SET created = created - 7200000000 * 2 WHERE state = 'ready'"
is "what waits for six hours is critical" "$(status --exit-status; echo $?)" 2
sql "UPDATE outbox SET state = 'rejected' WHERE state = 'ready'"
celsync sync 2>"$T/err"
is "a pass that ends well" $? 0
is "what was rejected in the last day" "$(codes)" rejected
sql "UPDATE outbox SET changed = changed - 90000000000 WHERE state = 'rejected'"
is "not what was rejected long ago" "$(codes)" ""
is "the last error is still told" "$(celsync status | grep -c '^last error   status 69')" 1
sql "UPDATE checkpoint SET last_pass = last_pass - 1800000000; UPDATE trouble SET at = at - 1800000000"
is "no pass for half an hour" "$(codes)" no_pass
sql "UPDATE checkpoint SET last_pass = last_pass + 1800000000"

# Backfills.
celsync backfill --from "$(date -d '-2 days' +%Y-%m-%d)" --to "$(date -d '+1 day' +%Y-%m-%d)" 2>"$T/err"
status
grep -Eq "^backfill     .*: read; [0-9]+ calls, [0-9]+ requests; .* ago" "$T/out"
ok "a backfill that has ended" $? "$T/out"
sql "UPDATE job SET finished = 0, next_id = 1000"
is "one that was stopped" "$(metric backfill_jobs_unfinished) $(metric backfill_rows_remaining)" "1 $(sql 'SELECT last_id + 1 - 1000 FROM job')"
celsync status | grep -Eq "^backfill     .*: at row 1000 of [0-9]+"
ok "and where" $?

# CEL falls silent.
sqlite3 "$T/pbx.db" "DELETE FROM cel; DELETE FROM cdr"
shifted "$T/pbx.db" $((now - 7 * 86400 + 600))
shifted "$T/pbx.db" $((now - 3600)) 100000
rm -f "$conf".db*
celsync sync 2>"$T/err"
case " $(codes) " in *" cel_stale "*) true ;; *) false ;; esac
ok "no rows for an hour, and a week ago there were: CEL is stale" $? "$T/out"
sqlite3 "$T/pbx.db" "DELETE FROM cel WHERE AcctId < 100000"
case " $(codes) " in *" cel_stale "*) false ;; *) true ;; esac
ok "the same silence where it was silent a week ago is none" $?
sqlite3 "$T/pbx.db" "DELETE FROM cel WHERE AcctId > (SELECT min(AcctId) FROM cel) + 500"
case " $(codes) " in *" cel_off "*) true ;; *) false ;; esac
ok "CDR goes on where CEL has ended: CEL is off" $?
sqlite3 "$T/pbx.db" "DELETE FROM cel"
case " $(codes) " in *" cel_off "*) true ;; *) false ;; esac
ok "CEL has no rows at all" $?

head -c 5000 /dev/urandom >"$conf.db"
rm -f "$conf".db-*
status --exit-status
is "a store that is none, for monitoring: critical" $? 2
done_testing
