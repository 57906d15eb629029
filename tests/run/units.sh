#!/bin/sh
# The units: systemd finds nothing wrong with them, they are closed as tightly as promised, and what they name is there.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export LC_ALL=C SYSTEMD_COLORS=0
EXPOSURE=2.0

# verify wants the program where the unit says, and an instance of a template.
mkdir "$T/units" "$T/public"
SERVICES="celsync celsync@ celsync-watch celsync-watch@"
for path in "$TOP"/cron/*.service "$TOP"/cron/*.timer; do
	sed "s|/usr/bin/celsync|$CELSYNC|" "$path" >"$T/units/${path##*/}"
done
is "there is a test for each service" "$(cd "$T/units" && printf '%s\n' *.service | sed 's/\.service//' | sort | xargs)" \
	"$(echo "$SERVICES" | tr ' ' '\n' | sort | xargs)"
cp "$T/units"/* "$T"
for unit in $SERVICES; do
	for kind in service timer; do
		[ -e "$T/$unit.$kind" ] || continue
		file=$T/$(echo "$unit" | sed 's/@$/@office/').$kind
		[ -e "$file" ] || ln -s "$unit.$kind" "$file"
		systemd-analyze verify --man=no "$file" >"$T/out" 2>&1
		is "verify $unit.$kind: status" $? 0
		is "verify $unit.$kind says nothing" "$(cat "$T/out")" ""
	done
	systemd-analyze security --offline=yes "$T/$unit.service" >"$T/out" 2>&1
	exposure=$(sed -n 's/.*Overall exposure level.*: \([0-9.]*\) .*/\1/p' "$T/out")
	is "$unit.service: exposure ${exposure:-unknown} is at most $EXPOSURE" \
		"$(awk -v got="${exposure:-10}" -v most="$EXPOSURE" 'BEGIN { print got <= most ? "yes" : "no" }')" yes
	systemd-analyze security --offline=yes --threshold=10 "$T/$unit.service" >/dev/null 2>&1
	is "that tightness can be seen failing" $? 1
done

# value UNIT KEY: the lines of a key, as written.
value() { sed -n "s/^$2=//p" "$TOP/cron/$1"; }
for unit in $SERVICES; do
	is "$unit.service: its user" "$(value $unit.service User)" asterisk
	is "$unit.service: may write there, and nowhere else" "$(value $unit.service ReadWritePaths) $(value $unit.service StateDirectory)" \
		"-/var/spool/asterisk/monitor celsync"
	config=$(value "$unit.service" ConditionPathExists)
	is "$unit.service: does nothing before it is configured" "$config" "/etc/celsync/$(echo "$unit" | sed 's/.*@/%i/; s/-watch//').conf"
done
for unit in celsync celsync@; do
	is "$unit.service: 75 is a success" "$(value $unit.service SuccessExitStatus)" 75
	is "$unit.timer: every minute" "$(value $unit.timer OnCalendar)" minutely
done
# Passes are made either way: the two are never at work together.
is "celsync-watch.service takes the place of the timer" "$(value celsync-watch.service Conflicts) $(value celsync-watch@.service Conflicts)" \
	"celsync.timer celsync@%i.timer"
for unit in celsync-watch celsync-watch@; do
	is "$unit.service: says when it is ready" "$(value $unit.service Type)" notify
	is "$unit.service: what SIGTERM ends it with is a success" "$(value $unit.service SuccessExitStatus)" 143
	is "$unit.service: is watched, and started again unless its configuration is wrong" \
		"$(value $unit.service WatchdogSec) $(value $unit.service Restart) $(value $unit.service RestartPreventExitStatus)" "2min on-failure 78"
done
is "the template watches with its own configuration" "$(value celsync-watch@.service ExecStart)" "/usr/bin/celsync -c /etc/celsync/%i.conf watch"
is "the template hands its configuration over" "$(value celsync@.service ExecStart)" "/usr/bin/celsync -c /etc/celsync/%i.conf sync"
systemd-analyze calendar minutely >"$T/out" 2>&1
ok "and minutely is a time" $? "$T/out"
# The template may differ where it must, and nowhere else.
closed() { sed -n '/^User=/,/^\[Install\]/{/^[^#[]/p}' "$TOP/cron/$1.service"; }
closed celsync >"$T/rest.celsync"
is "there is something to compare" "$([ "$(wc -l <"$T/rest.celsync")" -gt 25 ] && echo yes)" yes
for unit in $SERVICES; do
	closed "$unit" | diff "$T/rest.celsync" - >"$T/diff"
	ok "$unit.service is closed like celsync.service" $? "$T/diff"
done

# What the program calls is allowed: its system calls while it syncs, against systemd's own list of the filter's groups.
recordings_there
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
planfix units
config "$T/celsync.conf" "driver = sqlite
path = $CAPTURE/master.db"
filter() { systemd-analyze syscall-filter "$1" | sed -n 's/^    \([@a-z]\)/\1/p'; }
calls_of() { # a call, or all of a group, with the groups in it
	case $1 in
	@*) for name in $(filter "$1"); do calls_of "$name"; done ;;
	*) echo "$1" ;;
	esac
}
: >"$T/allowed"
value celsync.service SystemCallFilter >"$T/filter"
while read -r line; do
	for group in $(echo "$line" | tr -d '~'); do calls_of "$group"; done | sort -u >"$T/group"
	case $line in
	~*) comm -23 "$T/allowed" "$T/group" >"$T/next" ;;
	*) sort -u "$T/allowed" "$T/group" >"$T/next" ;;
	esac
	mv "$T/next" "$T/allowed"
done <"$T/filter"
is "the filter allows something" "$(grep -cx -e read -e fsync -e linkat "$T/allowed")" 3
is "and not everything" "$(grep -cx -e mount -e ptrace -e bpf -e kexec_load -e init_module "$T/allowed")" 0
# A build with AddressSanitizer cannot look for leaks while it is traced.
ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -o "$T/trace" "$CELSYNC" -c "$T/celsync.conf" sync 2>"$T/err"
is "a traced sync ends with 0" $? 0
# And of a watch that is asked for signs of life, until it is told to stop.
mkdir "$T/watch"
sed "s|^path = $T/.*|path = $T/watch/celsync.db|" "$T/celsync.conf" >"$T/watch.conf"
chmod 600 "$T/watch.conf"
WATCHDOG_USEC=1000000 NOTIFY_SOCKET=$T/nobody ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 \
	strace -f -qq -o "$T/trace.watch" "$CELSYNC" -c "$T/watch.conf" watch 2>"$T/err" &
tracer=$!
pids="$pids $tracer"
i=0
until [ -e "$T/watch/celsync.db" ] && grep -q WATCHDOG "$T/trace.watch" || [ $i -eq 1200 ]; do sleep 0.1; i=$((i + 1)); done
kill -TERM "$(sed -n '1s/ .*//p' "$T/trace.watch")"
wait $tracer
is "a traced watch ends with 143" $? 143
planfix_stop
sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$T/trace" "$T/trace.watch" | sort -u >"$T/called"
is "it called what a sync must" "$(grep -cx -e openat -e fsync -e connect "$T/called")" 3
# GLib asks whether it may set its threads' priority, and does without.
is "every system call of a sync and a watch is allowed" "$(comm -23 "$T/called" "$T/allowed" | grep -vx sched_setattr)" ""
# systemd cannot look into openat2's arguments, so these two do not go together.
is "RestrictSUIDSGID does not take openat2 away" \
	"$(grep -cx openat2 "$T/called") $(grep -h '^RestrictSUIDSGID=yes' "$TOP"/cron/*.service)" "1 "

# Memory that is both writable and executable is refused by the unit: where this kernel can refuse it too, a sync runs so.
planfix unwritable
sed "s|^path = $T/.*|path = $T/unwritable.db|; s|^url = http:.*|url = $url|" "$T/celsync.conf" >"$T/unwritable.conf"
chmod 600 "$T/unwritable.conf"
# prctl(PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN), Linux 6.3.
if [ "$(uname -m)" = x86_64 ] && perl -e 'exit(syscall(157, 65, 1, 0, 0, 0) != 0)'; then
	perl -e 'syscall(157, 65, 1, 0, 0, 0); exec @ARGV' "$CELSYNC" -c "$T/unwritable.conf" sync 2>"$T/err"
	is "a sync under MemoryDenyWriteExecute ends with 0" $? 0
	is "and says nothing of it" "$(grep -ci -e memory -e jit "$T/err")" 0
else
	ok "a sync under MemoryDenyWriteExecute # SKIP not on this machine" 0
fi
planfix_stop

# Those without systemd: the crontab's line is one that cron takes, and its command runs.
line=$(grep '^\*' "$TOP/cron/crontab.sample")
is "crontab: one line, every minute, by asterisk" "$(echo "$line" | cut -d' ' -f1-6)" "* * * * * asterisk"
is "crontab: no % (cron would cut there)" "$(echo "$line" | tr -cd %)" ""
command=$(echo "$line" | cut -d' ' -f7- | sed -e "s|/etc/celsync/celsync.conf|$T/none.conf|" -e "s|/var/log/celsync|$T|")
PATH=$BUILD:$PATH sh -c "$command" >"$T/out" 2>&1
is "crontab: without a configuration nothing is said" "$(cat "$T/out")" ""
echo "[source]" >"$T/none.conf"
CELSYNC_CONFIG=$T/none.conf PATH=$BUILD:$PATH sh -c "$command" >"$T/out" 2>&1
is "crontab: with a wrong one, what to do" "$(cat "$T/out")" "celsync: the configuration is wrong; run: celsync check"
is "crontab: what was said is in the log" "$(grep -c 'is missing' "$T/celsync.log")" 1
printf '[source]\ndriver = sqlite\npath = %s\n[planfix]\nurl = http://127.0.0.1:1/\ntoken = x\n[recordings]\nspool = %s\n[store]\npath = %s/cron.db\n' \
	"$CAPTURE/master.db" "$T/monitor" "$T" >"$T/none.conf"
chmod 600 "$T/none.conf"
CELSYNC_CONFIG=$T/none.conf PATH=$BUILD:$PATH sh -c "$command" >"$T/out" 2>&1
is "crontab: with a right one, a pass" "$? $(cat "$T/out") $([ -e "$T/cron.db" ] && echo ran)" "0  ran"
logrotate=$(PATH=$PATH:/usr/sbin command -v logrotate)
mkdir "$T/log"
echo something >"$T/log/celsync.log"
sed "s|/var/log/celsync|$T/log|" "$TOP/cron/celsync.logrotate" >"$T/logrotate"
chmod 644 "$T/logrotate"
"$logrotate" -f -s "$T/logrotate.state" "$T/logrotate" >"$T/out" 2>&1
is "logrotate takes its file: status" $? 0
is "and rotates: $(cat "$T/out")" "$(cat "$T/log/celsync.log.1") $(wc -c <"$T/log/celsync.log")" "something 0"
done_testing
