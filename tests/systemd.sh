#!/bin/sh
# The package under a systemd that runs: a clean Debian 12 is booted in namespaces of its own, the package is installed there and used as an
# administrator would. Timer and watch exclude each other, readiness, reload, watchdog, stop, sandbox, journal. `make check-systemd`; not
# part of `make check`. What it needs: tests/lib/clean.sh, and a kernel that lets root mount cgroup2; the network is this machine's.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/clean.sh"

group=
init=
shutdown() {
	[ -z "$init" ] || kill -KILL "$init" 2>/dev/null
	[ -z "$group" ] || { # its last process is gone a moment later
		i=0
		until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.1; done
	}
	cleanup
}
trap shutdown EXIT

# boot: systemd as the first process of the clean system, in a control group of its own; its process id is $init.
boot() {
	hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	group=${hierarchy:-/none}/celsync-$$
	mkdir "$group" || { echo "Bail out! no control group can be made below ${hierarchy:-a cgroup2, which is not mounted here}"; exit 1; }
	# shellcheck disable=SC2016 # the inner shells' own
	sh -c 'echo $$ >"$1/cgroup.procs" && exec unshare --mount --pid --uts --ipc --cgroup --fork --kill-child=KILL sh -ec "$2" sh "$3"' sh "$group" '
		mount --make-rprivate /
		mount --bind "$1" "$1"
		cd "$1"
		mount -t proc proc proc
		mount -t sysfs -o ro sysfs sys
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		mount -t tmpfs -o mode=755 tmpfs run
		mount -t tmpfs -o mode=1777 tmpfs tmp
		mount -t tmpfs -o mode=755 tmpfs dev
		for device in null zero full random urandom tty; do
			: >"dev/$device"
			mount --bind "/dev/$device" "dev/$device"
		done
		mkdir dev/pts dev/shm
		mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
		mount -t tmpfs tmpfs dev/shm
		ln -s pts/ptmx dev/ptmx
		ln -s /proc/self/fd dev/fd
		pivot_root . mnt
		umount -l mnt
		exec env -i container=celsync-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /sbin/init --unit=multi-user.target' "$ROOT" >"$T/boot" 2>&1 </dev/null &
	outer=$!
	pids="$pids $outer"
	child() { init=$(tr -d ' ' <"/proc/$outer/task/$outer/children") && [ -n "$init" ]; }
	wait_for child
	wait_for sd test -S /run/systemd/private
	sd systemctl is-system-running --wait >"$T/out" 2>&1
}
# sd COMMAND ...: in the system that runs.
sd() {
	nsenter -t "$init" -m -p -u -i -C --wd=/ env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive "$@"
}
prop() { sd systemctl show --value -p "$2" "$1"; } # UNIT PROPERTY
state() { sd systemctl is-active "$@" | tr '\n' ' ' | sed 's/ $//'; }
becomes() { [ "$(prop "$1" "$2")" = "$3" ]; }
check() { sd celsync check 2>&1 | sed -n 's/^\([^ ]*\) timer: /\1 /p'; }
# entries UNIT: what the journal has of it, an object a line.
entries() { sd journalctl -u "$1" -o json --no-pager; }
# field NAME: of the entries on standard input, a line each.
field() { perl -MJSON::PP -ne 'my $v = decode_json($_)->{$ARGV[0] // $name}; BEGIN { $name = shift } print "$v\n" if defined $v' "$1"; }
sql() { mariadb --no-defaults -S "$mysql/mysql.sock" -uroot -N -B asteriskcdrdb -e "$1"; }
# call: a ring group (101, 102, 103; 102 answers) as if it had begun a minute ago; its callid is $call.
call() {
	began=$(($(date +%s) - 60))
	call=$began.23
	sql "insert into cel (eventtype, eventtime, cid_name, cid_num, cid_ani, cid_rdnis, cid_dnid, exten, context, channame, appname, appdata, amaflags,
			accountcode, uniqueid, linkedid, peer, userdeftype, extra)
		select eventtype, from_unixtime($began + timestampdiff(second, from_unixtime(1795397236), eventtime)), cid_name, cid_num, cid_ani, cid_rdnis,
			cid_dnid, exten, context, channame, appname, '', amaflags, accountcode, replace(uniqueid, '1795397236', '$began'),
			replace(linkedid, '1795397236', '$began'), peer, userdeftype, replace(extra, '1795397236', '$began')
			from kept.cel where linkedid = '1795397236.23' order by id;
		insert into cdr select from_unixtime($began + timestampdiff(second, from_unixtime(1795397236), calldate)), clid, src, dst, dcontext, channel,
			dstchannel, lastapp, lastdata, duration, billsec, disposition, amaflags, accountcode, replace(uniqueid, '1795397236', '$began'), userfield, did,
			'', cnum, cnam, outbound_cnum, outbound_cnam, dst_cnam, replace(linkedid, '1795397236', '$began'), peeraccount, sequence
			from kept.cdr where linkedid = '1795397236.23'"
}
told() { grep -q "\"event\":\"COMPLETED\".*\"ext\":\"102\",\"callid\":\"$2\".*\"accepted\":true" "$T/$1.log"; } # STAND-IN CALLID
drop_in() { # UNIT NAME, the lines from standard input
	mkdir -p "$ROOT/etc/systemd/system/$1.d"
	cat >"$ROOT/etc/systemd/system/$1.d/$2.conf"
	sd systemctl daemon-reload
}

# A Debian with systemd, made once.
if [ -s "$CACHE/systemd.tar" ]; then
	rm -rf "$ROOT" && mkdir "$ROOT" && tar -C "$ROOT" -xpf "$CACHE/systemd.tar" || exit 1
	cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
	does "apt-get update" 0 inside apt-get -q update
else
	does "apt-get update" 0 inside apt-get -q update
	does "apt-get install systemd" 0 inside apt-get -q -y --no-install-recommends install systemd systemd-sysv dbus adduser
	tar -C "$ROOT" -cf "$CACHE/systemd.tar.new" . && mv "$CACHE/systemd.tar.new" "$CACHE/systemd.tar"
fi
asterisk_there
cp "$DEB" "$ROOT/root/deb/first.deb"
boot
is "systemd runs" "$(cat "$T/out")" running
[ "$failed" = 0 ] || { sed 's/^/# /' "$T/boot"; echo "Bail out! systemd does not boot here"; exit 1; }

# Installed, not configured: nothing runs, and nothing is an error.
does "apt-get install" 0 sd apt-get -q -y install /root/deb/first.deb
is "nothing is enabled" "$(sd systemctl is-enabled celsync.timer celsync-watch.service | tr '\n' ' ')" "disabled disabled "
does "a start before it is configured" 0 sd systemctl start celsync.service celsync-watch.service
is "does nothing" "$(prop celsync.service ConditionResult) $(prop celsync-watch.service ConditionResult) $(state celsync.service celsync-watch.service)" \
	"no no inactive inactive"

planfix first
freepbx_there
sql 'set global time_zone = "+00:00"; create database kept; create table kept.cel select * from cel; create table kept.cdr select * from cdr'
does "celsync init" 0 sd celsync init --planfix-url="$url" --token-file=/root/token --set source.start=all --set planfix.rate=0 \
	--set recordings.publish_dir=/var/www/calls --set recordings.url=https://127.0.0.1:1/calls --set source.interval=1s
is "check: nothing starts celsync yet" "$(check)" "! celsync.timer is not active: nothing starts celsync"

# The timer; with the folder for links, as init says. What the sandbox lets through is asked in it.
for unit in celsync.service celsync-watch.service celsync@.service celsync-watch@.service; do
	printf '[Service]\nReadWritePaths=/var/www/calls\n' | drop_in $unit paths
done
cat >"$ROOT/root/inside.pl" <<'END'
# openat2, as the program calls it: RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS.
my ($path, $how) = ("etc/hostname", pack("Q3", 0, 0, 12));
syscall(437, -100, $path, $how, 24) >= 0 or die "openat2: $!\n";
for (qw(/etc/celsync/x /usr/x /var/www/x /home/x /root/x /var/log/celsync/x /var/spool/asterisk/x)) { open my $f, ">", $_ and die "$_ can be written\n" }
for (qw(/var/lib/celsync/x /var/spool/asterisk/monitor/x /var/www/calls/x /tmp/x)) { open my $f, ">", $_ or die "$_: $!\n"; unlink }
open my $f, "<", "/proc/self/status"; my $status = join "", <$f>;
$status =~ /^CapBnd:\s*0+$/m && $status =~ /^CapEff:\s*0+$/m && $status =~ /^NoNewPrivs:\s*1$/m && $status =~ /^Seccomp:\s*2$/m or die "not closed\n";
print "as tight as it should be, user ", scalar getpwuid($<), "\n";
END
chmod 711 "$ROOT/root"
# perl reads its script before the sandbox could hide it.
printf '[Service]\nBindReadOnlyPaths=/root/inside.pl:/run/inside.pl\nExecStartPre=/usr/bin/perl /run/inside.pl\n' | drop_in celsync.service probe
does "systemctl enable --now celsync.timer" 0 sd systemctl enable --now celsync.timer
is "the timer is active" "$(state celsync.timer)" active
is "check: so it is" "$(check)" "ok celsync.timer is active"
passed() { [ -n "$(prop celsync.service ExecMainExitTimestamp)" ] && [ "$(state celsync.service)" != activating ]; }
wait_for passed
is "it started a pass, which ended well" "$(prop celsync.service Result) $(prop celsync.service ExecMainStatus)" "success 0"
entries celsync.service >"$T/entries"
is "in its sandbox" "$(field MESSAGE <"$T/entries" | grep -c '^as tight as it should be, user asterisk$')" 1
grep -c '"event":"COMPLETED"' "$T/first.log" >"$T/out"
is "the calls were told" "$([ "$(cat "$T/out")" -gt 100 ] && echo yes)" yes
is "MP3s were made, for Asterisk's user" "$(find "$ROOT/var/spool/asterisk/monitor" -name '*.mp3' -user "$(inside id -u asterisk)" | wc -l | awk '{ print ($1 > 100) }')" 1
is "and published" "$(find "$ROOT/var/www/calls" -name '*.mp3' | wc -l | awk '{ print ($1 > 100) }')" 1
is "the store" "$(inside stat -c '%U:%G %a' /var/lib/celsync /var/lib/celsync/celsync.db | tr '\n' ' ')" "asterisk:asterisk 750 asterisk:asterisk 600 "
rm "$ROOT/etc/systemd/system/celsync.service.d/probe.conf"
sd systemctl daemon-reload

# The journal: the pass and its numbers; a request that is rejected, with its call.
grep '"MESSAGE":"pass ' "$T/entries" >"$T/pass" || sed 's/^/# /' "$T/entries"
is "the journal has the pass, and its numbers as fields" "$(field SYSLOG_IDENTIFIER <"$T/pass") $(field SENT <"$T/pass" | grep -c '^[0-9]*$') $(field MP3 <"$T/pass" | grep -c '^[0-9]*$')" \
	"celsync 1 1"
curl -s -o /dev/null --data-binary 'event=COMPLETED count 1 status 400 body no' "${url%tel/api/}control"
call
sd systemctl start celsync.service
is "a pass of which something is rejected" "$(prop celsync.service Result) $(prop celsync.service ExecMainStatus)" "exit-code 1"
entries celsync.service | grep '"MESSAGE":"rejected ' >"$T/rejected"
is "the journal names its call, by field" "$(field CALLID <"$T/rejected") $(field EVENT <"$T/rejected") $(field PRIORITY <"$T/rejected")" "$call COMPLETED 4"
id=$(field OUTBOX_ID <"$T/rejected")
is "journalctl finds it by its number" "$(sd journalctl OUTBOX_ID="$id" -o json --no-pager | field CALLID)" "$call"
is "no token in the journal" "$(entries celsync.service | grep -cF "$TOKEN")" 0
does "replay, by root in the service's place" 0 sd runuser -u asterisk -- celsync replay --state rejected

# Watch in its place.
printf '[Service]\nWatchdogSec=3s\nRestartSec=1s\n' | drop_in celsync-watch.service quick
does "systemctl start celsync-watch.service" 0 sd systemctl start celsync-watch.service
is "started means ready: the timer has stopped" "$(state celsync-watch.service celsync.timer)" "active inactive"
is "check: watch is active" "$(check)" "ok celsync-watch.service is active"
wait_for becomes celsync-watch.service StatusText "all is well"
is "systemd knows how it fares" "$(prop celsync-watch.service StatusText)" "all is well"
call
wait_for told first "$call"
ok "a call is told" $? "$T/first.log"
before=$(prop celsync-watch.service WatchdogTimestampMonotonic)
fed() { [ "$(prop celsync-watch.service WatchdogTimestampMonotonic)" -gt $((before + 6000000)) ]; }
wait_for fed
is "the watchdog is fed, and content" "$(prop celsync-watch.service NRestarts) $(state celsync-watch.service)" "0 active"

# Reload: another PlanFix; then a mistake.
pid=$(prop celsync-watch.service MainPID)
was=$url
planfix second
sed -i "s|^url = $was|url = $url|" "$ROOT/etc/celsync/celsync.conf"
does "systemctl reload" 0 sd systemctl reload celsync-watch.service
call
wait_for told second "$call"
is "the new configuration holds, in the same process" "$? $(prop celsync-watch.service MainPID)" "0 $pid"
cp -p "$ROOT/etc/celsync/celsync.conf" "$T/good"
echo nonsense >>"$ROOT/etc/celsync/celsync.conf"
does "systemctl reload with a mistake" 0 sd systemctl reload celsync-watch.service
kept() { entries celsync-watch.service | grep -q 'stays in force'; }
wait_for kept
is "the old one stays in force" "$? $(state celsync-watch.service) $(prop celsync-watch.service MainPID)" "0 active $pid"
cp -p "$T/good" "$ROOT/etc/celsync/celsync.conf"

# It hangs: the watchdog ends it, and another one begins.
sd systemctl kill --kill-whom=main -s STOP celsync-watch.service
wait_for becomes celsync-watch.service NRestarts 1
wait_for becomes celsync-watch.service SubState running
is "one that hangs is replaced" "$(sd journalctl -u celsync-watch.service --no-pager | grep -c 'Watchdog timeout') $(state celsync-watch.service)" "1 active"
is "by another process" "$([ "$(prop celsync-watch.service MainPID)" != "$pid" ] && echo yes)" yes
call
wait_for told second "$call"
ok "which goes on with the work" $? "$T/second.log"

# Stop; and the timer in the place of watch.
does "systemctl stop" 0 sd systemctl stop celsync-watch.service
is "ends it cleanly" "$(prop celsync-watch.service Result) $(state celsync-watch.service) $(sd journalctl -u celsync-watch.service --no-pager | tail -n 3 |
	grep -c 'Deactivated successfully\|Stopped celsync-watch')" "success inactive 2"
is "nothing has failed" "$(sd systemctl list-units --failed --plain --no-legend 'celsync*' | grep -vc '^celsync.service')" 0
sd systemctl start celsync-watch.service
does "systemctl start celsync.timer" 0 sd systemctl start celsync.timer
wait_for becomes celsync-watch.service ActiveState inactive
is "the timer stops watch" "$(state celsync.timer celsync-watch.service) $(prop celsync-watch.service Result)" "active inactive success"

# A wrong configuration: watch does not come up, and is not tried for ever.
echo nonsense >>"$ROOT/etc/celsync/celsync.conf"
sd systemctl start celsync-watch.service >"$T/out" 2>&1
is "a wrong configuration: the start fails" $? 1
is "with 78, and once" "$(prop celsync-watch.service ExecMainStatus) $(prop celsync-watch.service NRestarts) $(state celsync-watch.service)" "78 0 failed"
cp -p "$T/good" "$ROOT/etc/celsync/celsync.conf"

# A second PBX: its timer and its watch exclude each other, and nobody else's.
sed -e 's|^path = .*celsync.db|path = /var/lib/celsync/office.db|; s/^start = .*//; s/^\[pbx\]/&\nname = office/' \
	-e 's|^secret_file = .*|secret_file = /var/lib/celsync/office.secret|' "$T/good" >"$ROOT/etc/celsync/office.conf"
inside chown root:asterisk /etc/celsync/office.conf
inside chmod 640 /etc/celsync/office.conf
does "start of both timers" 0 sd systemctl start celsync.timer celsync@office.timer
does "systemctl start celsync-watch@office" 0 sd systemctl start celsync-watch@office.service
is "its own timer has stopped, the other one not" "$(state celsync-watch@office.service celsync@office.timer celsync.timer)" "active inactive active"
does "check of the second PBX" 0 sd celsync -c /etc/celsync/office.conf check
is "names its own unit" "$(sed -n 's/^ok timer: //p' "$T/out")" "celsync-watch@office.service is active"

# An upgrade at work; then a purge.
dpkg-deb -R "$DEB" "$T/next" && sed -i 's/^Version: .*/&+next/' "$T/next/DEBIAN/control" && dpkg-deb -b "$T/next" "$ROOT/root/deb/next.deb" >"$T/out"
pid=$(prop celsync-watch@office.service MainPID)
does "an upgrade while they run" 0 sd apt-get -q -y install /root/deb/next.deb
is "the timer is still active and enabled" "$(state celsync.timer) $(sd systemctl is-enabled celsync.timer)" "active enabled"
does "purge while they run" 0 sd apt-get -q -y purge celsync
is "nothing of it runs" "$(sd systemctl list-units --all --plain --no-legend 'celsync*' | awk '$3 == "active"')$(sd sh -c 'cat /proc/[0-9]*/comm' | grep -c '^celsync')" 0
planfix_stop
is "the strict stand-in found no fault" $? 0

# Asterisk is on another machine: the service is celsync's.
inside deluser --quiet asterisk >"$T/out" 2>&1
does "apt-get install without asterisk" 0 sd apt-get -q -y install /root/deb/first.deb
planfix third
sql 'drop user celsync@localhost'
does "celsync init" 0 sd celsync init --planfix-url="$url" --token-file=/root/token --set planfix.rate=0
sd chown -R celsync:celsync /var/spool/asterisk/monitor
does "a pass" 0 sd systemctl start celsync.service
is "is the user celsync's" "$(prop celsync.service User) $(inside stat -c %U /var/lib/celsync/celsync.db) $(prop celsync.service Result)" "celsync celsync success"
planfix_stop
done_testing
exit $failed
