#!/bin/sh
# tests/pbx/asterisk.sh 22|16 start|stop: Asterisk in its folder, as the user asterisk. start returns when it takes calls; it ends
# with the process that PBX_OWNER names, however that ended.
set -eu
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
V=$1
. "$TOP/tests/pbx/lib.sh"
pidfile=$SCRATCH/asterisk$V.pid

running() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }
stop() {
	running || return 0
	pid=$(cat "$pidfile")
	kill "$pid"
	if ! wait_for 15 sh -c "! kill -0 $pid 2>/dev/null"; then kill -KILL "$pid"; fi
	rm -f "$pidfile"
}
end_with() {
	while kill -0 "$1" 2>/dev/null && running; do sleep 1; done
	stop
}
booted() { cli 'core waitfullybooted' 2>/dev/null | grep -q 'fully booted'; }

start() {
	! running || { echo "asterisk $V is running already" >&2; exit 1; }
	mkdir -p "$ROOT/run/asterisk"
	inside chown asterisk:asterisk /run/asterisk
	# FreePBX 17 recommends UTC; up to 16 the clock was mostly the local one.
	case $V in 22) zone=UTC ;; *) zone=MSK-3 ;; esac
	# shellcheck disable=SC2016 # the inner shell's own
	setsid unshare --mount sh -c 'mount -t proc proc "$1/proc" && echo $$ >"$3" &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/asterisk LANG=C.UTF-8 "TZ=$2" \
		chroot "$1" /usr/sbin/asterisk -f -U asterisk -G asterisk' sh "$ROOT" "$zone" "$pidfile" \
		</dev/null >"$SCRATCH/asterisk$V.out" 2>&1 &
	wait_for 60 booted || { tail -n 20 "$SCRATCH/asterisk$V.out"; stop; exit 1; }
	if [ -n "${PBX_OWNER:-}" ]; then
		(end_with "$PBX_OWNER") </dev/null >/dev/null 2>&1 &
	fi
	for n in "101 Ivan Petrov" "102 Anna Sidorova" "103 Oleg Smirnov" "104 Maria Orlova"; do
		cli "database put DEVICE ${n%% *}/user ${n%% *}" >/dev/null
		cli "database put AMPUSER ${n%% *}/cidname \"${n#* }\"" >/dev/null
	done
	cli "database put CF 104 89031112233" >/dev/null
}

case $2 in
start) start ;;
stop) stop ;;
esac
