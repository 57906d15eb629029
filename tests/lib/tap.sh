# Shared by tests/run/*.sh: TAP, a scratch folder, and servers that end with the test. Source it: . "$TOP/tests/lib/tap.sh"
# shellcheck shell=sh disable=SC2034 # variables for the tests that source this

BUILD=${CELSYNC_BUILD:-$TOP/build}
CELSYNC=$BUILD/celsync
CAPTURE=$TOP/tests/captures/ast22
TOKEN=test-token
# Files of tests are for everybody, but where a test says otherwise.
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/celsync-test.XXXXXX")
# The same messages whatever the caller's language is; CELSYNC_TEST_LANGUAGE=ru runs a script in Russian. C.UTF-8 is on every system, and
# with it LANGUAGE decides.
LC_ALL=C.UTF-8 LANGUAGE=${CELSYNC_TEST_LANGUAGE:-}
export LC_ALL LANGUAGE
count=0 failures=0
pids=
mysql=

cleanup() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	[ -z "$mysql" ] || "$TOP/tests/mariadb.sh" stop "$mysql"
	rm -rf "$T"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# ok NAME STATUS [FILE]: one test; FILE is shown when it failed, where prove lets it through.
ok() {
	count=$((count + 1))
	if [ "$2" -eq 0 ]; then
		echo "ok $count - $1"
	else
		failures=$((failures + 1))
		echo "not ok $count - $1"
		[ -z "${3:-}" ] || sed 's/^/# /' "$3" | head -n 60 >&2
	fi
}
# is NAME GOT WANTED
is() {
	if [ "$2" = "$3" ]; then ok "$1" 0; else
		printf '# got:    %s\n# wanted: %s\n' "$2" "$3" >&2
		ok "$1" 1
	fi
}
# has_terminal: a container may have no pseudo-terminals; what needs one is left out there, and said.
has_terminal() {
	script -qec true /dev/null </dev/null >/dev/null 2>&1 || { echo "# left out: no pseudo-terminal here"; return 1; }
}
# in_words WORDS FILE: the file holds these words. In Russian: what is the same in every language (names, paths, keys, numbers), in a
# Russian text.
in_words() {
	if [ "$LANGUAGE" != ru ]; then
		grep -qF -- "$1" "$2"
		return
	fi
	grep -q '[аеинот]' "$2" || return 1
	printf '%s\n' "$1" | sed 's/"/ /g' | grep -oE '✓|✗|\[[a-z]+\]|--[a-z-]+|[^][ ,:;()✓✗]*[/_=0-9][^][ ,:;()]*' >"$T/same"
	while read -r same; do grep -qF -- "$same" "$2" || return 1; done <"$T/same"
}
# done_testing, in the end: its status, and so the script's, is 1 where a test failed.
done_testing() {
	echo "1..$count"
	[ "$failures" -eq 0 ]
}
# wait_for COMMAND ...: until it succeeds, for two minutes at most: a machine may be as slow as it likes.
wait_for() {
	i=0
	until "$@" 2>/dev/null; do
		i=$((i + 1))
		[ $i -lt 1200 ] || return 1
		sleep 0.1
	done
}
free_port() { perl "$TOP/tests/lib/port.pl"; }

# planfix NAME [OPTION ...]: starts a stand-in server; its log is $T/NAME.log, its address in $url.
planfix() {
	name=$1
	shift
	rm -f "$T/$name.port"
	"$BUILD/tests/planfix" --token "$TOKEN" --port 0 --port-file "$T/$name.port" --log "$T/$name.log" --exit-when-parent-dies "$@" \
		2>"$T/$name.err" &
	planfix_pid=$!
	pids="$pids $planfix_pid"
	i=0
	until [ -s "$T/$name.port" ]; do
		i=$((i + 1))
		[ $i -lt 2400 ] && kill -0 $planfix_pid 2>/dev/null ||
			{ echo "Bail out! the stand-in $name does not start: $(cat "$T/$name.err")"; exit 1; }
		sleep 0.05
	done
	url=$(cat "$T/$name.port")
}
# planfix_stop: ends the last one; its status is 1 when it found a fault.
planfix_stop() {
	kill "$planfix_pid" 2>/dev/null
	wait "$planfix_pid"
}

# recordings_there: the capture's recordings in the spool, an hour old: that is what makes one complete whose header was never closed.
recordings_there() {
	cp -r "$CAPTURE/monitor" "$T/monitor"
	find "$T/monitor" -type f -exec touch -d '1 hour ago' {} +
}

# database FILE.sql ...: a private MariaDB with these files in asteriskcdrdb; $socket.
database() {
	mysql=$T/mysql
	MARIADB_OWNER=$$ "$TOP/tests/mariadb.sh" start "$mysql" >"$T/socket" || return 1
	socket=$(cat "$T/socket")
	"$TOP/tests/mariadb.sh" load "$mysql" asteriskcdrdb "$@"
}

# config FILE SOURCE-LINES: a configuration for the captures; its store is FILE.db. $planfix_more and $recordings_more are more
# lines of those sections.
config() {
	cat >"$1" <<EOF
[source]
$2
start = all
settle = 1 s

[pbx]
extension = ^[1-9]\\d{1,3}\$
trunk = mango

[planfix]
url = ${url:-http://127.0.0.1:1/tel/api/}
token = $TOKEN
rate = 0
connections = 8
${planfix_more:-}

[recordings]
spool = $T/monitor
${recordings_more:-}

[store]
path = $1.db
EOF
	chmod 600 "$1"
}
