#!/bin/sh
# The command line: what is known, what is not, where output goes, how `check` reports, how a signal ends it.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
: "${url:=}"
conf=$T/celsync.conf
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY

# runs NAME STATUS ARGUMENT...: leaves $T/out and $T/err.
runs() {
	name=$1 wanted=$2
	shift 2
	"$CELSYNC" "$@" >"$T/out" 2>"$T/err"
	is "$name: exit code" $? "$wanted"
}
says() {
	in_words "$1" "$T/err"
	ok "$name: says \"$1\"" $? "$T/err"
}
prints() {
	in_words "$1" "$T/out"
	ok "$name: prints \"$1\"" $? "$T/out"
}
prints_not() {
	grep -qF -- "$1" "$T/out"
	is "$name: does not print \"$1\"" $? 1
}
quiet() { is "$name: nothing on $1" "$(cat "$T/$1")" ""; }

runs "no command" 64
says "no command was given" && quiet out
runs "unknown command" 64 snyc
says "Did you mean sync?" && quiet out
runs "unlike any command" 64 frobnicate
says 'there is no command "frobnicate"'
runs "unknown option" 64 --colour
says "--colour"
runs "unknown option of a command" 64 sync --wet-run
says "--wet-run"
runs "an argument too many" 64 check everything
says 'what is "everything" for?'
runs "version" 0 --version
is "$name: prints it" "$(sed 's/ [0-9].*//' "$T/out")" celsync
quiet err
runs "help" 0 --help
prints "Commands:" && quiet err
for command in sync calls status check; do
	runs "$command --help" 0 "$command" --help
	prints "celsync $command"
	prints "--config"
done
runs "forget without a number" 64 forget
says "forget wants one telephone number" && quiet out
runs "forget an extension" 64 forget 101
says "of 7 digits or more" && quiet out

"$CELSYNC" --help >/dev/full 2>"$T/err"
is "a full disk: exit code" $? 1
in_words "the output could not be written: No space left" "$T/err"
ok "a full disk is said" $? "$T/err"
{
	"$CELSYNC" --help 2>"$T/err"
	echo $? >"$T/status"
} | true
is "a reader that went away needs no message" "$(cat "$T/err")" ""

# check: everything well, then one thing wrong at a time.
mkdir "$T/monitor" "$T/public"
source="driver = sqlite
path = $CAPTURE/master.db"
planfix check
config "$conf" "$source"
runs "check" 0 -c "$conf" check
for line in "✓ configuration: $conf" "✓ source: " "✓ recordings: $T/monitor" "✓ links: none" \
	"✓ store: $conf.db will be made" "✓ PlanFix: $url took the token"; do prints "$line"; done
prints_not "✗"
prints_not "$TOKEN"
is "check: the store was not made" "$(ls "$conf.db" 2>/dev/null)" ""

runs "options behind the command" 0 check -c "$conf" -v
prints "✓ configuration: $conf"
LC_ALL=C runs "check without UTF-8" 0 -c "$conf" check
grep -q "^ok configuration" "$T/out"
ok "$name: in English, without ✓" $? "$T/out"

wrong() {
	runs "check: $1" 1 -c "$conf" check
	prints "$2"
	prints "    $3"
	says "1 of the checks failed"
}
sed -i "s|^spool = .*|spool = $T/elsewhere|" "$conf"
wrong "no spool" "✗ recordings: $T/elsewhere: No such file" "Correct [recordings] spool"
config "$conf" "$source"
sed -i "s|^spool = .*|&\npublish_dir = $T/nowhere\nurl = https://rec.example.net/|" "$conf"
wrong "no folder for links" "✗ links: $T/nowhere" "Make the folder"
config "$conf" "$source"
sed -i "s|^path = $conf.db|path = $T/none/celsync.db|" "$conf"
wrong "no folder for the store" "✗ store: $T/none" "Make the folder"
config "$conf" "$source"
echo "no database at all, but some text that is longer than a header" >"$conf.db"
runs "check: a store that is none" 1 -c "$conf" check
prints "✗ store: $conf.db: "
rm "$conf.db"
config "$conf" "driver = sqlite
path = $T/nowhere.db"
runs "check: no source" 1 -c "$conf" check
prints "✗ source: "
config "$conf" "$source"
sed -i 's/^token = .*/token = of-yesterday/' "$conf"
wrong "refused token" "✗ PlanFix: $url refused the token (401)" "Copy the token"
prints_not "of-yesterday"
sed -i 's/^settle = .*/settle = never/' "$conf"
runs "check: configuration" 78 -c "$conf" check
prints "✗ configuration: $conf:"
planfix_stop

cat >"$T/script" <<'END'
cmd=ping status 503 body Maintenance
cmd=ping status 400 body you said test-token
cmd=ping redirect http://127.0.0.1:1/
END
planfix faults --script "$T/script"
config "$conf" "$source"
wrong "PlanFix is being maintained" "✗ PlanFix: $url is not ready (503)" "Try again later"
wrong "PlanFix does not understand" "✗ PlanFix: $url does not understand us (400): \"no reason was given\"" "Compare"
wrong "PlanFix leads elsewhere" "✗ PlanFix: $url does not understand us (301)" "Compare"
planfix_stop
wrong "PlanFix is away" "✗ PlanFix: $url cannot be reached" "Check [planfix] url"

# A signal: a clean stop, and its number in the status.
config "$conf" "$source"
mkfifo "$T/gate"
"$CELSYNC" -c "$conf" calls --from 2026-11-23 --to 2026-11-24 --json >"$T/gate" 2>"$T/err" &
pid=$!
pids="$pids $pid"
exec 3<"$T/gate"
# Its first byte proves that it is at work; more than a pipe holds is still to come.
dd bs=1 count=1 <&3 >"$T/calls" 2>/dev/null
kill -TERM "$pid"
cat <&3 >>"$T/calls"
wait "$pid"
is "SIGTERM ends it with 143" $? 143
exec 3<&-
is "and its last line is whole" "$(tail -c 2 "$T/calls")" "}"

# Locks: a second run is turned away, silently unless -v.
planfix locks
config "$conf" "$source"
exec 4>"$conf.db.read.lock"
flock -n 4
runs "sync while another run reads" 75 -c "$conf" sync 4>&-
quiet err
quiet out
runs "the same with -v" 75 -c "$conf" -v sync 4>&-
says "another run"
exec 4>&-
planfix_stop
done_testing
