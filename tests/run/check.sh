#!/bin/sh
# celsync check: each thing that can be wrong is made wrong once, and is found, with the remedy below it. tests/run/commands.sh has the
# first of them, tests/run/init.sh those of a database user.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export LC_ALL=C.UTF-8
: "${url:=}" "${socket:=}"
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY
PATH=$PATH:/usr/sbin
conf=$T/celsync.conf
R=$T/root
mkdir -p "$T/monitor" "$T/public" "$R/etc/asterisk" "$R/etc/cron.d"
planfix check

check() { "$CELSYNC" -c "$conf" check --root "$R" "$@" >"$T/out" 2>"$T/err"; }
# finds NAME STATUS LINE [REMEDY]: the line is there, and what to do right below it.
finds() {
	check
	is "$1: exit code" $? "$2"
	grep -F -A3 -- "$3" "$T/out" >"$T/found"
	ok "$1: finds \"$3\"" $? "$T/out"
	[ -z "${4:-}" ] || { sed 1d "$T/found" | grep -qF -- "    $4"; ok "$1: and says \"$4\"" $? "$T/out"; }
}

# The database: indexes, clocks, CEL that has stopped.
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql" || { echo "Bail out! no MariaDB"; exit 1; }
sql() { mariadb --no-defaults -S "$socket" -uroot asteriskcdrdb -N "$@"; }
config "$conf" "socket = $socket
user = root"
finds "as it is" 0 "✓ zone: cel and cdr are written in UTC"
finds "versions" 0 "✓ versions: celsync "
is "every library and the server are named" \
	"$(grep -cE 'GLib 2\..*SQLite 3\..*libmariadb 3\..*libcurl [78]\..*LAME 3\..*libsndfile-1\..*jansson 2\..*server: .*MariaDB' "$T/out")" 1
is "indexes are there" "$(grep -c '^✓ indexes: ' "$T/out")" 1
is "an MP3 was made" "$(grep -c '^✓ mp3: made of a second of tone, and plays' "$T/out")" 1
sql -e 'ALTER TABLE cel DROP INDEX linkedid_index; ALTER TABLE cdr DROP INDEX calldate'
finds "no index" 0 "! indexes: none begins with linkedid of cel" 'In a quiet hour: CREATE INDEX `linkedid` ON `cel` (`linkedid`);'
sql -e "$(sed -n 's/^ *In a quiet hour: //p' "$T/out")"
finds "the remedies as they stand there" 0 "✓ indexes: on all that is looked up"
sql -e 'CREATE TABLE kept AS SELECT * FROM cdr; UPDATE cdr SET calldate = calldate + INTERVAL 3 HOUR'
finds "two clocks" 1 "✗ zone: cel is written in UTC, cdr in UTC+3" "Make both alike"
sql -e 'UPDATE cel SET eventtime = eventtime + INTERVAL 3 HOUR'
finds "another clock" 0 "✓ zone: cel and cdr are written in UTC+3"
sed -i 's/^start = .*/&\ntimezone = America\/New_York/' "$conf"
finds "a configured clock that is not the table's" 1 "✗ zone: the rows are written in UTC+3, but [source] timezone is America/New_York" \
	"Take the line out"
sed -i '/^timezone/d' "$conf"
sql -e "UPDATE cel SET eventtime = eventtime - INTERVAL 40 DAY; UPDATE cdr SET calldate = NOW() WHERE calldate = (SELECT m FROM (SELECT MAX(calldate) m FROM cdr) x)"
finds "CEL has stopped" 1 "✗ cel: the newest row is of " "CEL has stopped: asterisk -rx 'cel show status'"
sql -e 'TRUNCATE cel'
finds "no CEL" 0 "! cel: no rows" "Switch CEL on"
sql -e 'ALTER TABLE cdr DROP COLUMN linkedid'
finds "a column that is missing" 0 "✓ columns: without "
"$TOP/tests/mariadb.sh" stop "$mysql"
finds "no server" 1 "✗ source: " "Check that the server runs"
mysql=

# The rest needs no server.
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
chmod 660 "$conf"
finds "a file that the group may write" 78 "✗ configuration: $conf" "chmod 640"
chmod 640 "$conf"
TMPDIR=$T/nowhere check
is "no place for a temporary file: exit code" $? 1
is "no MP3 can be made" "$(grep -c '^✗ mp3: none can be made' "$T/out")" 1

# Links, over a real web server.
web() { # FOLDER: served on loopback; $link
	mkdir -p "$T/nginx"
	port=$(free_port)
	cat >"$T/nginx.conf" <<END
daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
events {}
http {
	access_log off; client_body_temp_path $T/nginx; proxy_temp_path $T/nginx; fastcgi_temp_path $T/nginx;
	uwsgi_temp_path $T/nginx; scgi_temp_path $T/nginx;
	server { listen 127.0.0.1:$port; location /calls/ { alias $1/; } location /other/ { return 200 "else"; } }
}
END
	setpriv --pdeathsig TERM nginx -c "$T/nginx.conf" -p "$T" 2>"$T/nginx.out" &
	pids="$pids $!"
	wait_for curl -s -o /dev/null "http://127.0.0.1:$port/" || ok "nginx starts" 1 "$T/nginx.err"
	link=http://127.0.0.1:$port
}
link=
web "$T/public"
with_url() { sed -i -e '/^publish_dir/d' -e "/^\[recordings\]/,/^\[store\]/{/^url/d}" -e "s|^spool = .*|&\npublish_dir = $T/public\nurl = $1|" "$conf"; }
with_url "$link/calls"
finds "a link" 0 "✓ links: $link/calls leads into $T/public: a file put there came back"
is "nothing is left behind" "$(ls -A "$T/public")" ""
with_url "$link/wrong"
finds "a link to another place" 1 "✗ links: $link/wrong: the web server answers 404" "Let the web server hand out that folder"
with_url "$link/other/"
finds "a link to something else" 1 "✗ links: $link/other/ answers, but not with the file" "Let the web server"
with_url "http://127.0.0.1:1/"
finds "nobody there" 0 "! links: http://127.0.0.1:1/ cannot be fetched from here" "Where the way out and in again is closed"
is "nothing is left behind then either" "$(ls -A "$T/public")" ""

# The hook.
sed -i -e '/^publish_dir/d' -e "/^\[recordings\]/,/^\[store\]/{/^url/d}" "$conf"
custom=$R/etc/asterisk/extensions_custom.conf
mv "$R/etc/asterisk" "$R/etc/elsewhere"
finds "no Asterisk" 0 "✓ hook: Asterisk is not on this machine"
mv "$R/etc/elsewhere" "$R/etc/asterisk"
finds "no hook" 0 "! hook: none in /etc/asterisk/extensions_custom.conf" "celsync init --dialplan"
"$CELSYNC" init --dialplan --write --file "$custom" >"$T/diff" 2>"$T/err"
finds "a hook" 0 "✓ hook: installed; whether by Macro or Gosub is not known here"
echo 'exten => s,n(godial),Macro(dialout-one-predial-hook,)' >"$R/etc/asterisk/extensions_additional.conf"
finds "Macro" 0 "✓ hook: installed, and right for FreePBX's Macro"
echo 'exten => s,n(godial),Gosub(macro-dialout-one-predial-hook,s,1())' >"$R/etc/asterisk/extensions_additional.conf"
finds "Gosub" 0 "✓ hook: installed, and right for FreePBX's Gosub"
printf '[macro-dialout-one-predial-hook]\nexten => s,1,NoOp(mine)\n same => n,MacroExit()\n' >"$custom"
"$CELSYNC" init --dialplan --write --file "$custom" >"$T/diff" 2>"$T/err"
finds "the administrator's own ending of another time" 1 "✗ hook: [macro-dialout-one-predial-hook] ends with MacroExit" "End it with: same => n,ExecIf("
rm "$R/etc/asterisk/extensions_additional.conf"
mkdir -p "$R/usr/lib/asterisk/modules"
finds "an Asterisk without Macro" 1 "✗ hook: [macro-dialout-one-predial-hook] ends with MacroExit"
: >"$R/usr/lib/asterisk/modules/app_macro.so"
finds "one that has it" 0 "✓ hook: installed; "
sed -i 's/celsync-hook,/celsync-hooked,/' "$custom"
finds "a hook of another version" 0 "! hook: /etc/asterisk/extensions_custom.conf has hooks of another version" "celsync init --dialplan --write"
rm "$custom"
sed -i 's/^rate = .*/&\nannounce = off/' "$conf"
finds "no hook, and none is wanted" 0 "✓ hook: none, and announce does not ask for one"

# The timer. systemd does not run here: what it would answer is written down.
finds "no systemd, no cron" 0 "! timer: no systemd here" "Put the sample crontab there"
: >"$R/etc/cron.d/celsync"
finds "cron" 0 "✓ timer: no systemd here; cron has $R/etc/cron.d/celsync"
mkdir -p "$R/run/systemd/system" "$T/bin"
cat >"$T/bin/systemctl" <<'END'
#!/bin/sh
shift
for unit; do [ "$unit" = "$(cat "$0.active")" ] && echo active || echo inactive; done
exit 3
END
chmod +x "$T/bin/systemctl"
PATH=$T/bin:$PATH
echo none >"$T/bin/systemctl.active"
finds "a timer that is off" 0 "! timer: celsync.timer is not active" "systemctl enable --now celsync.timer"
echo celsync.timer >"$T/bin/systemctl.active"
finds "a timer" 0 "✓ timer: celsync.timer is active"
echo celsync-watch.service >"$T/bin/systemctl.active"
finds "watch instead" 0 "✓ timer: celsync-watch.service is active"
cp "$conf" "$T/office.conf"
echo celsync@office.timer >"$T/bin/systemctl.active"
"$CELSYNC" -c "$T/office.conf" check --root "$R" >"$T/out" 2>"$T/err"
is "an instance" "$(grep -c '^✓ timer: celsync@office.timer is active' "$T/out")" 1

# For programs.
check --json
is "--json: exit code" $? 0
perl -MJSON::PP -e 'while (<STDIN>) { my $o = decode_json($_); print join(",", sort keys %$o), " $o->{mark}\n" }' <"$T/out" 2>"$T/err" | sort | uniq -c |
	sed 's/^ *[0-9]* //' >"$T/keys"
is "--json: an object a line, the same keys in each" "$(cat "$T/keys")" "check,mark,remedy,text look
check,mark,remedy,text ok"
is "--json: a fact" "$(grep -c '^{"check":"timer","mark":"ok","text":"celsync.timer is active","remedy":null}$\|"check":"mp3","mark":"ok"' "$T/out")" 1
is "--json: no token" "$(grep -cF "$TOKEN" "$T/out")" 0
planfix_stop

# Root looks with the eyes of the user whose store it is.
if [ "$(id -u)" = 0 ]; then
	planfix other
	chmod 711 "$T"
	mkdir "$T/store"
	chown nobody "$T/store"
	config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
	sed -i "s|^path = $conf.db|path = $T/store/celsync.db|" "$conf"
	chgrp nogroup "$conf"
	chmod 640 "$conf"
	chmod 750 "$T/monitor"
	finds "root becomes the service's user" 1 "✗ recordings: $T/monitor: Permission denied" "Correct [recordings] spool"
	is "and says whose eyes these are" "$(head -n 1 "$T/out")" "✓ user: nobody"
	planfix_stop
fi
done_testing
