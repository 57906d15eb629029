#!/bin/sh
# tests/pbx/check.sh [22|16 ...]: calls in a real Asterisk while `celsync watch` runs (README.md). `make check-pbx`; needs root.
# PBX_ONLY="scenes hostile merged faults" chooses. Leaves nothing running and nothing mounted; the folders stay for the next time.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
[ "$(id -u)" = 0 ] || { echo "make check-pbx needs root" >&2; exit 77; }
PORT=${PBX_PORT:-33316}

# ok NAME STATUS [FILE]: as in tap.sh, without numbers; the status of the whole knows of it.
passed=0 failed=0
ok() {
	if [ "$2" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok - $1"
	else
		failed=$((failed + 1))
		echo "not ok - $1"
		[ -z "${3:-}" ] || sed 's/^/# /' "$3" | tail -n 40
	fi
}
bail() {
	failed=$((failed + 1))
	echo "Bail out! $1"
}
end() {
	for v in $versions; do CELSYNC_TOP=$TOP "$TOP/tests/pbx/asterisk.sh" "$v" stop; done
	cleanup
}
versions=${*:-22 16}
trap end EXIT
export PBX_OWNER=$$

# The configuration an administrator would write; the rest are defaults, but that a test has no two minutes for popup_max_age.
configured() {
	cat >"$ROOT/etc/celsync/celsync.conf" <<END
[source]
host = 127.0.0.1
port = $PORT
user = asterisk
password = loopback
database = $DATABASE

[pbx]
extension = ^1\\d\\d\$
trunk = provider

[planfix]
url = $url
token = $TOKEN
popup_max_age = 30 s
END
	inside chown -R asterisk:asterisk /etc/celsync
	chmod 600 "$ROOT/etc/celsync/celsync.conf"
}
# In the folder, as Asterisk's user. Every step is an exec: what is started is what can be stopped, and it ends with this script.
watching() {
	# shellcheck disable=SC2016 # the inner shell's own
	exec unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
		chroot --userspec=asterisk:asterisk "$1" setpriv --pdeathsig TERM /usr/bin/celsync -v watch' sh "$ROOT"
}
ready() { [ -e "$ROOT/var/lib/celsync/celsync.db" ]; }

version() {
	V=$1
	. "$TOP/tests/pbx/lib.sh"
	"$PBX/system.sh" "$V" </dev/null || { bail "no Asterisk $V: see $SCRATCH/$SUITE.log"; return; }
	"$PBX/asterisk.sh" "$V" stop
	"$PBX/configure.sh" "$V" "$PORT"
	"$PBX/deploy.sh" "$V" "$BUILD/pbx"
	cp "$TOP/cron/extensions_celsync.conf" "$ROOT/etc/asterisk/"
	rm -rf "$ROOT"/var/lib/celsync/*
	"$TOP/tests/mariadb.sh" load "$mysql" "$DATABASE" "$CAPTURE/schema.sql"
	mariadb --no-defaults -S "$socket" -uroot "$DATABASE" -e "
		create user if not exists asterisk@'127.0.0.1' identified by 'loopback';
		grant all on $DATABASE.* to asterisk@'127.0.0.1'"
	"$PBX/asterisk.sh" "$V" start || { bail "Asterisk $V does not start"; return; }
	echo "# $(cli 'core show version')"
	planfix "planfix$V"
	configured
	watching >"$T/watch$V.err" 2>&1 &
	watch=$!
	pids="$pids $watch"
	wait_for 20 ready
	ok "asterisk $V: celsync watch is at work" $? "$T/watch$V.err"
	# shellcheck disable=SC2086 # a list
	{ python3 -B "$PBX/calls.py" "$V" "$SIP" "$ROOT" "$T/planfix$V.log" ${PBX_ONLY:-} 2>&1; echo $? >"$T/status"; } |
		sed -u "s/^\(not \)\{0,1\}ok - /&asterisk $V: /" | tee "$T/calls$V.tap"
	passed=$((passed + $(grep -c '^ok ' "$T/calls$V.tap")))
	failed=$((failed + $(grep -c '^not ok ' "$T/calls$V.tap")))
	is "asterisk $V: every call was placed" "$(sed 's/^3$/0/' "$T/status")" 0
	kill -TERM "$watch"
	wait "$watch"
	is "asterisk $V: watch ends cleanly" $? 143
	is "asterisk $V: watch met no error" "$(grep -c ' error ' "$T/watch$V.err")" 0
	planfix_stop
	ok "asterisk $V: the strict stand-in found no fault" $? "$T/planfix$V.err"
	is "asterisk $V: no announcement is left behind" \
		"$(find "$ROOT/var/lib/celsync/announce" -name '*.new' -o -name '*.tmp' | wc -l)" 0
	is "asterisk $V: no window was left open" \
		"$(sqlite3 "$ROOT/var/lib/celsync/celsync.db" "select count(*), sum(opened_by is not null and closed_as is null) from windows" |
			sed 's/^[1-9][0-9]*|/many|/')" "many|0"
	[ -z "${PBX_KEEP:-}" ] || cp -r "$T"/*"$V"* "$ROOT/var/lib/celsync/celsync.db" "$PBX_KEEP"
	"$PBX/asterisk.sh" "$V" stop
	inside true # the last one that was in there has left
	is "asterisk $V: nothing is mounted" "$(grep -c " $ROOT" /proc/mounts)" 0
}

mysql=$T/mysql
# Its output is not ours: whoever reads that waits for its end.
if MARIADB_OWNER=$$ "$TOP/tests/mariadb.sh" start "$mysql" --port="$PORT" --bind-address=127.0.0.1 >"$T/socket" 2>"$T/mysql.err"; then
	socket=$(cat "$T/socket")
	for v in $versions; do version "$v"; done
else
	bail "no MariaDB on port $PORT: $(grep ERROR "$T/mysql.err" | head -n 1)"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
