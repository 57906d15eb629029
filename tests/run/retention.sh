#!/bin/sh
# keep_days and `celsync forget`: personal data goes from the store's files, what was told is not told again.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
conf=$T/keep.conf
celsync() { "$CELSYNC" -c "$conf" "$@"; }
sql() { sqlite3 -batch "$conf.db" "$1"; }
# How many of the store's files hold a text: the database, what is not yet written into it, announcements.
holding() { cat "$conf.db" "$conf.db-wal" 2>/dev/null | grep -caF -- "$1"; }
keys() { sql "SELECT callid, ext, event, n, state, status FROM outbox ORDER BY 1, 2, 3, 4"; }
age() { # DAYS: everything becomes so much older
	sql "UPDATE outbox SET created = created - $1 * 86400000000, changed = changed - $1 * 86400000000;
		UPDATE recording SET since = since - $1 * 86400000000, call_ended = call_ended - $1 * 86400000000;
		UPDATE recording SET not_before = not_before - $1 * 86400000000 WHERE state = 'waiting';
		UPDATE retention SET walked = walked - $1 * 86400000000"
}

recordings_there
mkdir "$T/web"
planfix keep
recordings_more="publish_dir = $T/web
url = https://example.org/r/
secret_file = $T/secret"
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
celsync sync 2>"$T/err"
is "the capture is told" $? 0
told=$(wc -l <"$T/keep.log")
number=$(sql "SELECT substr(body, instr(body, 'phone=') + 6, 11) FROM outbox WHERE recording IS NOT NULL AND body LIKE '%phone=7916%' LIMIT 1")
other=$(sql "SELECT substr(body, instr(body, 'phone=') + 6, 11) FROM outbox WHERE body LIKE '%phone=79%' AND body NOT LIKE '%$number%' LIMIT 1")
is "there are two numbers" "$(printf '%s %s' "$number" "$other" | grep -cx '7[0-9]\{10\} 7[0-9]\{10\}')" 1

# forget: as typed, with the rules of the configuration.
sed -i 's/^\[pbx\]$/[pbx]\nrewrite = ^8(\\d{10})$ => 7$1/' "$conf"
typed="8 ($(echo "$number" | cut -c2-4)) $(echo "$number" | cut -c5-7)-$(echo "$number" | cut -c8-11)"
keys >"$T/keys"
is "before: the number is in the store" "$([ "$(holding "$number")" -gt 0 ] && echo yes)" yes
links=$(find "$T/web" -type f | wc -l)
celsync forget --dry-run "$typed" >"$T/dry" 2>"$T/err"
is "forget --dry-run: status" $? 0
is "forget --dry-run changes nothing" "$(holding "$number")" "$(holding "$number")"
keys | cmp -s - "$T/keys"
ok "forget --dry-run leaves the keys" $?
calls=$(sed -n 's/^calls  *//p' "$T/dry")
is "forget --dry-run counts the calls it lists" "$calls" "$(grep -c '^[0-9.]*$' "$T/dry")"
celsync forget "$typed" >"$T/out" 2>"$T/err"
ok "forget: status" $? "$T/err"
is "forget: the digits occur nowhere in the store's files" "$(holding "$number")" 0
is "forget: nor as they were dialled" "$(holding "8$(echo "$number" | cut -c2-)")" 0
is "forget: other numbers are still there" "$([ "$(holding "$other")" -gt 0 ] && echo yes)" yes
is "forget: it says how many calls" "$(sed -n 's/^calls  *//p' "$T/out")" "$calls"
grep -q "not touched: Asterisk's tables" "$T/out"
ok "forget: it says what it leaves" $? "$T/out"
grep -q "$number.*\.wav" "$T/out"
ok "forget: and names the recordings that are the PBX's" $? "$T/out"
is "forget: their public links are gone" "$([ "$(find "$T/web" -type f | wc -l)" -lt "$links" ] && find "$T/web" -name "*$number*" | wc -l)" 0
keys | cmp -s - "$T/keys"
ok "forget: keys and outcomes stay" $?
is "forget: the file is sound" "$(sql 'PRAGMA integrity_check')" ok
celsync forget "$typed" >"$T/out" 2>"$T/err"
is "forget again: status" $? 0
is "forget again: nothing is left to do" "$(sed -n 's/^calls  *//p' "$T/out")" 0
celsync backfill --from 2026-11-22 --to 2026-11-25 2>"$T/err"
is "a backfill after it: status" $? 0
celsync sync 2>"$T/err"
is "a backfill after it tells nothing" "$(wc -l <"$T/keep.log")" "$told"
is "and brings nothing back" "$(holding "$number")" 0

# Not while somebody else is at work, and what was not sent is given up.
sql "UPDATE outbox SET state = 'ready', not_before = 9e15 WHERE id = (SELECT max(id) FROM outbox WHERE body LIKE '%phone=$other%')"
celsync forget "$other" >"$T/out" 2>"$T/err"
is "with a request that waits: status" $? 0
grep -q " of them unsent, and given up: 1$" "$T/out"
ok "it is given up, and that is said" $? "$T/out"
is "and listed with the reason" "$(sql "SELECT state || ' ' || answer FROM outbox WHERE answer LIKE '%forget%'")" "expired given up unsent by \`celsync forget\`"

# keep_days.
keys >"$T/keys"
age 80
celsync sync 2>"$T/err"
is "before keep_days nothing goes" "$([ "$(sql "SELECT count(*) FROM outbox WHERE body <> ''")" -gt 0 ] && echo yes)" yes
age 20
celsync sync 2>"$T/err"
ok "after keep_days: the pass ends well" $? "$T/err"
is "no body is left" "$(sql "SELECT count(*) FROM outbox WHERE body <> '' OR recording IS NOT NULL")" 0
is "no name of a recording" "$(sql "SELECT count(*) FROM recording WHERE path <> '' OR artist IS NOT NULL OR mp3 IS NOT NULL")" 0
grep -q 'personal data removed after keep_days' "$T/err"
ok "the log says so" $? "$T/err"
keys | cmp -s - "$T/keys"
ok "keys and outcomes are as they were" $?
sql 'PRAGMA wal_checkpoint(TRUNCATE)' >/dev/null
is "no client's number is in the file" "$(grep -aoE 'phone=7[0-9]{10}' "$conf.db" | wc -l)" 0
celsync sync 2>"$T/err"
is "it happens once a day" "$(grep -c 'keep_days' "$T/err")" 0
celsync backfill --from 2026-11-22 --to 2026-11-25 2>"$T/err"
celsync sync 2>>"$T/err"
is "a backfill after it tells nothing" "$(wc -l <"$T/keep.log")" "$told"
is "nor converts anything" "$(sql "SELECT count(*) FROM recording WHERE path <> ''")" 0
celsync report --from 2026-11-22 --to 2026-11-25 --json >"$T/report" 2>/dev/null
is "the report still knows what was sent" "$(grep -c '"class":"sent"' "$T/report")" \
	"$(($(celsync calls --from 2026-11-22 --to 2026-11-25 --json | grep -c '"skip":null') - 1))"
planfix_stop
ok "PlanFix found no fault" $? "$T/keep.err"
done_testing
