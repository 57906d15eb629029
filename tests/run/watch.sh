#!/bin/sh
# celsync watch as a service: what it tells systemd, how it reads its configuration again, how it stops.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

# said WORD [TIMES]: systemd heard it at least so often.
said() { [ "$(grep -c "$1" "$T/said")" -ge "${2:-1}" ]; }
told() { [ "$(grep -c '"cmd":"event"' "$T/$1.log")" -ge "$2" ]; }

# systemd's side: each message on a line of its own.
: >"$T/said"
perl -MIO::Socket::UNIX -MSocket -e '$| = 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;
	while (defined $s->recv(my $m, 4096)) { $m =~ tr/\n/ /; print "$m\n" }' "$T/notify" >"$T/said" &
pids="$pids $!"
wait_for test -S "$T/notify"

# A source without calls; the capture's are moved in when they are wanted.
cp "$CAPTURE/master.db" "$T/master.db"
sqlite3 "$T/master.db" 'create table kept as select * from cel; delete from cel; delete from cdr'
mkdir "$T/monitor"
planfix first
config "$T/watch.conf" "driver = sqlite
path = $T/master.db
interval = 1 s"
NOTIFY_SOCKET=$T/notify WATCHDOG_USEC=1500000 "$CELSYNC" -c "$T/watch.conf" watch 2>"$T/err" &
watch=$!
pids="$pids $watch"
wait_for said READY=1
ok "systemd hears that it is ready" $? "$T/said"
wait_for said 'STATUS=all is well'
ok "and how it fares" $? "$T/said"
wait_for said WATCHDOG=1 4
ok "and, from time to time, that it lives" $? "$T/said"

# Read again: what comes now goes to another PlanFix.
planfix second
sed -i "s|^url = .*|url = $url|" "$T/watch.conf"
kill -HUP $watch
wait_for said RELOADING=1
ok "SIGHUP: systemd hears that it is reading its configuration" $? "$T/said"
wait_for said READY=1 2
ok "and that it has" $? "$T/said"
sqlite3 "$T/master.db" 'insert into cel select * from kept where linkedid = "1795397175.6"'
wait_for told second 1
ok "the new configuration holds" $? "$T/err"
is "and the old one does not" "$(grep -c '"cmd":"event"' "$T/first.log")" 0

# A pass that fails does not end it, and is told.
mv "$T/master.db" "$T/away.db"
wait_for said 'STATUS=the last pass failed'
ok "the source is away: systemd hears it" $? "$T/said"
kill -0 $watch 2>/dev/null
ok "and it goes on" $?
mv "$T/away.db" "$T/master.db"
before=$(grep -c 'STATUS=all is well' "$T/said")
wait_for said 'STATUS=all is well' $((before + 1))
ok "the source is back: all is well again" $? "$T/err"

kill -TERM $watch
wait $watch
is "SIGTERM: 128 + 15" $? 143
wait_for said STOPPING=1
ok "systemd hears that it stops" $? "$T/said"
is "that is the last it says" "$(tail -n 1 "$T/said")" STOPPING=1
kill "$planfix_pid"

# Stopped while PlanFix does not answer: the request under way gets its time, and no other one begins.
sqlite3 "$T/master.db" 'insert into cel select * from kept where linkedid <> "1795397175.6"'
echo "forever hang" >"$T/script"
planfix hang --script "$T/script"
sed "s|^url = .*|url = $url\ntimeout = 2 s|; s|^connections = .*|connections = 1|; s|^path = .*conf.db|path = $T/hang.db|" "$T/watch.conf" >"$T/hang.conf"
chmod 600 "$T/hang.conf"
"$CELSYNC" -c "$T/hang.conf" watch 2>"$T/err" &
watch=$!
pids="$pids $watch"
wait_for told hang 1
ok "a request is under way" $? "$T/err"
kill -TERM $watch
(i=0; while kill -0 $watch 2>/dev/null && [ $i -lt 1200 ]; do sleep 0.1; i=$((i + 1)); done; [ $i -lt 1200 ] || kill -KILL $watch) &
wait $watch
is "SIGTERM ends it all the same" $? 143
is "no other request was begun" "$(grep -c '"cmd":"event"' "$T/hang.log")" 1

# A configuration that is wrong is not watched with.
echo nonsense >>"$T/hang.conf"
"$CELSYNC" -c "$T/hang.conf" watch 2>"$T/err"
is "a wrong configuration: 78" $? 78
done_testing
