#!/bin/sh
# tests/valgrind.sh TEST ... : the unit tests and two whole passes (SQLite with recordings, MariaDB) under valgrind: no error, no definite leak.
# CELSYNC_BUILD is a build without sanitizers. Half an hour on two cores that are shared; VALGRIND_JOBS at once (2).
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
export G_SLICE=always-malloc G_DEBUG=gc-friendly CELSYNC_SEED=${CELSYNC_SEED:-20261123} CELSYNC_TOP="$TOP"
CHECK="valgrind -q --leak-check=full --show-leak-kinds=definite --child-silent-after-fork=yes --suppressions=$TOP/tests/valgrind.supp"
. "$TOP/tests/lib/tap.sh"
cd "$TOP" || exit 1

# findings FILE: what valgrind said, without what is none: paragraphs all of whose frames are nameless come from the machine code that PCRE2 makes
# of regular expressions, which compares whole vectors; and a system call that this valgrind does not know (openat2) is answered ENOSYS.
findings() {
	sed '/^--[0-9]*-- /d; s/^==[0-9]*== //' "$1" | awk 'BEGIN { RS = ""; ORS = "\n\n" } /\n +(at|by) 0x[0-9A-F]+: [^?]/ || !/: \?\?\?/'
}

# check NAME COMMAND ...: its status must be WANTED (0), and valgrind silent.
check() {
	name=$1
	shift
	$CHECK --log-file="$T/log.%p" "$@" >"$T/out" 2>&1
	status=$?
	cat "$T"/log.* >"$T/log" 2>/dev/null
	rm -f "$T"/log.*
	is "$name: status" "$status" 0
	is "$name: valgrind says nothing" "$(findings "$T/log" | head -n 60)" ""
}

# Several at once; what each said is shown in turn.
mkdir "$T/kept"
# Under valgrind 3.19 a TLS handshake of libcurl's OpenSSL does not come to its end; make asan has this test.
echo "# left out: http_tls"
printf '%s\n' "$@" | grep -v '/http_tls$' >"$T/tests"
cat >"$T/one" <<END
name=\$(basename "\$1")
# Hours of sound are for the bare machine: here they take longer than all the rest.
[ "\$name" != audio ] || set -- "\$1" -s /audio/six-hours -s /audio/large
# The handshake, as above.
[ "\$name" != source_mariadb ] || set -- "\$1" -s /mariadb/tls
# So slow that two programs outlast each other's patience for the store's lock.
[ "\$name" != outbox ] || set -- "\$1" -s /outbox/two-programs
$(echo "$CHECK" | tr -d '\n') --log-file="$T/kept/\$name.log" "\$@" >"$T/kept/\$name.out" 2>&1
echo \$? >"$T/kept/\$name.status"
END
xargs -P "${VALGRIND_JOBS:-2}" -n 1 sh "$T/one" <"$T/tests"
while read -r test; do
	name=$(basename "$test")
	findings "$T/kept/$name.log" >"$T/said"
	[ "$(cat "$T/kept/$name.status")" = 0 ] && [ ! -s "$T/said" ]
	ok "$name" $? "$T/said"
	[ "$(cat "$T/kept/$name.status")" = 0 ] || tail -n 5 "$T/kept/$name.out" | sed 's/^/# /'
done <"$T/tests"

cp -r "$CAPTURE/monitor" "$T/monitor"
planfix pass
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
config "$T/pass.conf" "driver = sqlite
path = $CAPTURE/master.db"
check "a pass over SQLite, with recordings" "$CELSYNC" -c "$T/pass.conf" sync
is "it told calls" "$([ "$(wc -l <"$T/pass.log")" -gt 150 ] && echo yes)" yes
check "a pass that finds nothing to do" "$CELSYNC" -c "$T/pass.conf" sync
check "status" "$CELSYNC" -c "$T/pass.conf" status --json
check "report" "$CELSYNC" -c "$T/pass.conf" report --from 2026-11-22 --to 2026-11-25 --json
check "show" "$CELSYNC" -c "$T/pass.conf" show 1795397316.67
planfix_stop
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
planfix mariadb --repeats any
recordings_more=
printf 'count 3 drop\nafter 5 count 3 status 500\nafter 9 count 2 status 400\nafter 20 count 1 half\n' >"$T/rules"
curl -sS --data-binary "@$T/rules" "${url%tel/api/}control" >/dev/null
config "$T/mariadb.conf" "driver = mariadb
socket = $socket
user = root"
$CHECK --log-file="$T/log" "$CELSYNC" -c "$T/mariadb.conf" sync >"$T/out" 2>&1
status=$?
# 69 where it was slow enough to take the lost answers for a PlanFix that is away.
is "a pass over MariaDB, with faults of PlanFix: status 1 or 69" "$(echo $status | grep -x '1\|69')" "$status"
is "a pass over MariaDB: valgrind says nothing" "$(findings "$T/log")" ""
check "backfill" "$CELSYNC" -c "$T/mariadb.conf" backfill --from 2026-11-23 --to 2026-11-24 --dry-run
planfix_stop
done_testing
