#!/bin/sh
# The package in a clean Debian 12: install, configure, run, upgrade, remove, purge. `make check-package`; not part of `make check`.
# What it needs: tests/lib/clean.sh. Nothing is started but a stand-in server on loopback and a private MariaDB.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/clean.sh"
by() { # USER COMMAND ...
	user=$1
	shift
	inside runuser -u "$user" -- "$@"
}
rights() { (cd "$ROOT" && inside stat -c '%U:%G %a' "$1" 2>&1); }
enabled() { find "$ROOT/etc/systemd/system" -name '*celsync*.timer' | wc -l; }
recordings() { (cd "$ROOT/var/spool/asterisk/monitor" && find . -type f -exec md5sum {} + | sort); }
there() { # PATH ...: those of them that exist
	for path in "$@"; do [ ! -e "$ROOT$path" ] || echo "$path"; done
}

does "apt-get update" 0 inside apt-get -q update
asterisk_there

# Install.
cp "$DEB" "$ROOT/root/deb/first.deb"
does "apt-get install" 0 inside apt-get -q -y install /root/deb/first.deb
[ $failed = 0 ] || { echo "Bail out! nothing can be tested without the package"; exit 1; }
version=$(sed -n '1s/.*(\(.*\)).*/\1/p' "$TOP/debian/changelog")
does "the program runs" 0 by asterisk celsync --version
is "and is this version" "$(cat "$T/out")" "celsync ${version%-*}"
is "it speaks Russian" "$(inside env -u LC_ALL LANG=ru_RU.UTF-8 celsync nothing 2>&1 | head -n 1)" "celsync: команды «nothing» нет"
is "the hook starts the program that is installed" "$(grep -a -c /usr/bin/celsync "$ROOT/usr/bin/celsync-hook")$(grep -a -c /usr/local "$ROOT/usr/bin/celsync-hook")" "10"
is "/etc/celsync" "$(rights /etc/celsync)" "root:asterisk 750"
is "/var/lib/celsync" "$(rights /var/lib/celsync)" "asterisk:asterisk 750"
is "/var/log/celsync/celsync.log" "$(rights /var/log/celsync/celsync.log)" "asterisk:adm 640"
is "nothing is enabled" "$(enabled)" 0
is "no user was made where there is asterisk" "$(inside getent passwd celsync)" ""
is "and no unit is altered" "$(there /etc/systemd/system/celsync.service.d)" ""
is "manual pages, completion, units" "$(there /usr/share/man/man1/celsync.1.gz /usr/share/man/man5/celsync.conf.5.gz \
	/usr/share/bash-completion/completions/celsync /lib/systemd/system/celsync.service | wc -l)" 4
does "not configured" 78 by asterisk celsync sync

# Configure, as README says: a FreePBX with its database, and one command.
planfix package
conf=$ROOT/etc/celsync/celsync.conf
freepbx_there
# Nobody serves that address here; the folder is what is looked at.
does "celsync init" 0 inside celsync init --planfix-url="$url" --token-file=/root/token --set source.start=all --set planfix.rate=0 \
	--set recordings.publish_dir=/var/www/calls --set recordings.url=https://127.0.0.1:1/calls
is "init looks with the service's eyes" "$(grep -c '^ok user: asterisk$' "$T/out")" 1
is "and ends with nothing wrong" "$(grep -c WRONG "$T/out")" 0
is "it says which folder the units must be told of" "$(grep -c 'ReadWritePaths=/var/www/calls$' "$T/out")" 1
is "what it wrote is for the service alone" "$(for file in celsync.conf token password; do rights /etc/celsync/$file; done)" "root:asterisk 640
root:asterisk 640
root:asterisk 640"
is "it knows the trunk" "$(sed -n 's/^trunk = //p' "$conf")" "mango; second"
does "check" 0 by asterisk celsync check
is "check finds nothing wrong" "$(grep -c WRONG "$T/out")" 0
is "the database user may no more than it needs" "$(grep -c '^ok rights: SELECT on the two tables, no more$' "$T/out")" 1

# Run what the unit runs, as its user.
unit=$ROOT/lib/systemd/system/celsync.service
command=$(sed -n 's/^ExecStart=//p' "$unit")
runs_as=$(sed -n 's/^User=//p' "$unit")
# shellcheck disable=SC2086 # a command and its arguments
does "the service's command" 0 by "$runs_as" $command
by asterisk celsync calls --from 2026-11-22 --to 2026-11-25 --json >"$T/calls" 2>"$T/err"
completed=$(grep '"skip":null' "$T/calls" | grep -o '"ext":"[^"]*"[^}]*"status":"[A-Za-z]*"' | wc -l)
is "every employee of every call is at the stand-in server" "$(grep -c '"event":"COMPLETED"' "$T/package.log")" "$completed"
is "a hundred and more" "$([ "$completed" -gt 100 ] && echo yes)" yes
is "recordings were converted and published" "$([ "$(find "$ROOT/var/www/calls" -name '*.mp3' | wc -l)" -gt 100 ] && echo yes)" yes
is "the store" "$(rights /var/lib/celsync/celsync.db)" "asterisk:asterisk 600"
sent=$(wc -l <"$T/package.log")
recordings >"$T/recordings"

# Upgrade; what the administrator changed stays.
echo "# mine" >>"$ROOT/etc/logrotate.d/celsync"
cp "$conf" "$T/celsync.conf"
dpkg-deb -R "$DEB" "$T/next" && sed -i "s/^Version: .*/Version: $version+next/" "$T/next/DEBIAN/control" && dpkg-deb -b "$T/next" "$ROOT/root/deb/next.deb" >"$T/out"
does "apt-get install of the next version" 0 inside apt-get -q -y install /root/deb/next.deb
# shellcheck disable=SC2016 # dpkg-query's own
is "it is the next version" "$(inside dpkg-query -W -f '${Version}' celsync)" "$version+next"
cmp -s "$conf" "$T/celsync.conf"
is "the configuration is as it was" $? 0
is "the conffile is the administrator's" "$(tail -n 1 "$ROOT/etc/logrotate.d/celsync")" "# mine"
is "still nothing is enabled" "$(enabled)" 0
# shellcheck disable=SC2086
does "a pass of the next version" 0 by "$runs_as" $command
is "tells nothing twice" "$(wc -l <"$T/package.log")" "$sent"

# Remove, purge.
does "apt-get remove" 0 inside apt-get -q -y remove celsync
is "the program is gone, what it knew is not" "$(there /usr/bin/celsync /etc/celsync/celsync.conf /etc/celsync/token /var/lib/celsync/celsync.db)" \
	"/etc/celsync/celsync.conf
/etc/celsync/token
/var/lib/celsync/celsync.db"
does "apt-get install once more" 0 inside apt-get -q -y install /root/deb/next.deb
# shellcheck disable=SC2086
does "a pass after that" 0 by "$runs_as" $command
is "tells nothing twice either" "$(wc -l <"$T/package.log")" "$sent"
does "init --force once more" 0 inside celsync init --force --planfix-url="$url" --token-file=/root/token
does "apt-get purge" 0 inside apt-get -q -y purge celsync
is "what it knew is gone" "$(there /etc/celsync /var/lib/celsync /var/log/celsync /etc/logrotate.d/celsync /lib/systemd/system/celsync.service)" ""
recordings >"$T/after"
cmp -s "$T/recordings" "$T/after"
is "recordings and MP3s are as they were" $? 0
is "links too" "$([ "$(find "$ROOT/var/www/calls" -name '*.mp3' | wc -l)" -gt 100 ] && echo yes)" yes
is "asterisk is still a user" "$(inside getent passwd asterisk | cut -d: -f1)" asterisk
planfix_stop
is "the strict stand-in found no fault" $? 0
"$TOP/tests/mariadb.sh" stop "$mysql"
mysql=

# Where Asterisk is on another machine.
inside deluser --quiet asterisk >"$T/out" 2>&1
does "apt-get install without asterisk" 0 inside apt-get -q -y install /root/deb/first.deb
is "a user of its own" "$(rights /var/lib/celsync) $(rights /etc/celsync)" "celsync:celsync 750 root:celsync 750"
is "and the units know it" "$(grep -h ^User= "$ROOT"/etc/systemd/system/celsync*.service.d/10-user.conf | uniq -c | tr -s ' ')" " 4 User=celsync"
does "an upgrade" 0 inside apt-get -q -y install /root/deb/next.deb
is "keeps the user" "$(rights /var/lib/celsync)" "celsync:celsync 750"
mkdir "$ROOT/var/lib/celsync/public"
echo recording >"$ROOT/var/lib/celsync/public/call.mp3"
does "purge" 0 inside apt-get -q -y purge celsync
is "leaves what may be the administrator's" "$(cat "$ROOT/var/lib/celsync/public/call.mp3")" recording
is "and says so" "$(grep -c '/var/lib/celsync holds other files' "$T/out")" 1
is "the units' own user file is gone" "$(cd "$ROOT" && find etc/systemd/system -name 'celsync*.service.d')" ""
done_testing
exit $failed
