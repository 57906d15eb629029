#!/bin/sh
# What a pass says: nothing when nothing happened, one line when something did; and to the journal in fields. The journal is a stand-in that
# speaks systemd's protocol, behind the name it has, in a mount namespace of the test's own.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"
: "${url:=}"
unset JOURNAL_STREAM
cut_capture
cut_recordings "$T/monitor"
source="driver = sqlite
path = $T/small.db"

planfix lines
config "$T/lines.conf" "$source"
"$CELSYNC" -c "$T/lines.conf" sync 2>"$T/err"
is "a pass with work: exit code" $? 0
is "it says one line" "$(grep -c . "$T/err")" 1
grep -Eq '^[0-9TZ:-]+ info pass calls=[0-9]+ events=[0-9]+ recordings=[0-9]+ .*mp3=[0-9]+ .*sent=[0-9]+$' "$T/err"
ok "with what was done" $? "$T/err"
"$CELSYNC" -c "$T/lines.conf" sync >"$T/out" 2>"$T/err"
is "a pass without work: exit code" $? 0
is "it says nothing" "$(cat "$T/out" "$T/err")" ""
planfix_stop

# Root makes the namespace itself; others may where the kernel lets them.
namespace="unshare --mount"
[ "$(id -u)" = 0 ] || namespace="unshare --user --map-root-user --mount"
if ! $namespace mount -t tmpfs none /run 2>/dev/null; then
	ok "fields in the journal # SKIP no mount namespace here" 0
	done_testing
	exit
fi
journal() { # FILE ARGUMENT ...: celsync under systemd's eyes
	file=$1
	shift
	# shellcheck disable=SC2016 # the inner shell's own
	$namespace sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/journal && exec "$@"' sh \
		perl "$TOP/tests/lib/journal.pl" "$file" "$CELSYNC" "$@"
}
# What PlanFix rejects is told with the call it belongs to.
echo 'event=COMPLETED status 400 body {"error":"Invalid parameters"}' >"$T/script"
planfix journal --script "$T/script"
config "$T/journal.conf" "$source"
journal "$T/entries" -c "$T/journal.conf" sync
is "something was rejected: exit code" $? 1
planfix_stop
is "nothing goes past the journal" "$(grep -c '^STDERR=\|^BAD=' "$T/entries")" 0
is "every entry has message, priority and whose it is" \
	"$(grep -c '^MESSAGE=' "$T/entries") $(grep -c '^PRIORITY=[3-7]$' "$T/entries")" \
	"$(grep -c '^$' "$T/entries") $(grep -c '^SYSLOG_IDENTIFIER=celsync$' "$T/entries")"
awk 'BEGIN { RS = "" } /MESSAGE=pass /' "$T/entries" >"$T/pass"
is "the pass is one entry, its numbers are fields" \
	"$(grep -c '^MESSAGE=pass ' "$T/pass") $(grep -cE '^(CALLS|EVENTS|MP3|SENT)=[0-9]+$' "$T/pass") $(grep -c '^PRIORITY=6$' "$T/pass")" "1 4 1"
awk 'BEGIN { RS = "" } /MESSAGE=rejected /' "$T/entries" >"$T/rejected"
is "a request that was rejected is a warning" "$(grep -c '^PRIORITY=4$' "$T/rejected")" 1
callid=$(sed -n 's/^CALLID=//p' "$T/rejected")
is "with its call" "$(grep -c "\"callid\":\"$callid\"" "$T/journal.log" | sed 's/^[1-9].*/known/')" known
for field in OUTBOX_ID EXT EVENT; do
	is "and $field" "$(grep -c "^$field=." "$T/rejected")" 1
done
is "no token" "$(grep -cF "$TOKEN" "$T/entries")" 0
journal "$T/quiet" -c "$T/journal.conf" sync
is "a pass without work: exit code" $? 0
is "and no entry" "$(cat "$T/quiet")" ""
done_testing
