# What the machine, its PBX and its database have to do with it: `check`, `init`, the hooks, the warnings of `status`; sourced by
# tests/run/messages_host.sh, which runs it once in each language. Its helpers are in tools.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh

# Once, before both languages.
prepare() {
	cut_capture
	mkdir "$T/monitor" "$T/public" "$T/system"
	cp "$T/small.db" "$T/fresh.db"
	sqlite3 "$T/fresh.db" "update cel set eventtime = '2038-01-01 00:00:00'"
	sqlite3 "$T/small.db" "update cel set appname = '', appdata = '' where appname = 'MixMonitor'; update cdr set recordingfile = ''"
	sqlite3 "$T/no-cel.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table cel as select * from s.cel limit 0"
	sqlite3 "$T/empty.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr limit 0; create table cel as select * from s.cel limit 0"
	sqlite3 "$T/no-time.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table cel as select * from s.cel; update cel set eventtime = 'soon'"
	echo "some text that is longer than a header of SQLite: it has to be more than a hundred bytes, so here are some more of them, and more" >"$T/text.db"
	"$TOP/tests/mariadb.sh" load "$mysql" asteriskcdrdb "$CAPTURE/cel.sql"
	"$TOP/tests/mariadb.sh" load "$mysql" asterisk "$TOP/tests/freepbx/asterisk.sql"
	sql "use asteriskcdrdb; create table cel_was like cel; insert into cel_was select * from cel; create table cdr_was like cdr; insert into cdr_was select * from cdr;
		create user reader@localhost; grant select on asteriskcdrdb.cel to reader@localhost; grant select on asteriskcdrdb.cdr to reader@localhost;
		create user writer@localhost; grant select on asteriskcdrdb.cel to writer@localhost; grant select, update (recordingfile) on asteriskcdrdb.cdr to writer@localhost;
		create user pbx@localhost identified by 'pbx'; grant all on asterisk.* to pbx@localhost; grant all on asteriskcdrdb.* to pbx@localhost"
	find_nobody
}

provoke() {
	checks
	check_database
	check_links
	check_hook
	check_timer
	standing
	init
	dialplan
}

# The tables as they were captured.
tables() {
	sql "use asteriskcdrdb; drop table cel, cdr; create table cel like cel_was; insert into cel select * from cel_was;
		create table cdr like cdr_was; insert into cdr select * from cdr_was"
}
# finds TITLE NAMES: what `check` says under these names (of both languages), and nothing else: the rest depends on the machine. By
# another user with $as.
finds() {
	title "check: $1"
	printf '$ celsync check\n' >>"$T/said"
	# shellcheck disable=SC2086 # words
	$as "$CELSYNC" -c "$conf" check --root "$T/system" >"$T/out" 2>"$T/err"
	status=$?
	awk -v names="$2" '/^[^ ]/ { split($0, word, /[ :]/); shown = index(" " names " ", " " word[2] " ") } shown' "$T/out" >>"$T/said"
	printf '= %d\n' $status >>"$T/said"
}

checks() {
	stand_in
	# What a check of a good configuration says depends on the machine; of the others' only what is not among that is shown.
	fresh
	config "$conf" "$(in_sqlite fresh.db)"
	mkdir -p "$T/system"
	"$CELSYNC" -c "$conf" check --root "$T/system" >"$T/well" 2>/dev/null
	title "check: all is well"
	printf '$ celsync check\n' >>"$T/said"
	grep '^✓ \(cel\|columns\|столбцы\|links\|ссылки\|store\|хранилище\|PlanFix\|ПланФикс\):' "$T/well" >>"$T/said"
	if [ "$(id -u)" = 0 ]; then
		title "check: as root"
		printf '$ celsync check\n' >>"$T/said"
		sed -n '/root/,+1p' "$T/well" >>"$T/said"
	else
		leave_out "check: as root"
	fi
	look() { # TITLE SED
		title "check: $1"
		config "$conf" "$(in_sqlite fresh.db)"
		sed -i "$2" "$conf"
		fresh
		well='^✓ ' known=$T/well
		with check --root "$T/system"
		well='' known=''
	}
	look "a table that is no longer written" "s|fresh.db|small.db|"
	look "no rows at all" "s|fresh.db|empty.db|"
	look "no CEL" "s|fresh.db|no-cel.db|"
	look "no source" "s|fresh.db|nowhere.db|"
	look "no spool" "s|^spool = .*|spool = $T/elsewhere|"
	look "links" "s|^spool = .*|&\npublish_dir = $T/public\nurl = http://127.0.0.1:1/|"
	look "no folder for links" "s|^spool = .*|&\npublish_dir = $T/nowhere\nurl = http://127.0.0.1:1/|"
	look "no folder for the store" "s|^path = $conf.db|path = $T/none/celsync.db|"
	look "a store that is none" "s|^path = $conf.db|path = $T/text.db|"
	look "another token" 's/^token = .*/token = of-yesterday/'
	look "a mistake in the configuration" 's/^settle = .*/settle = never/'
	stop_stand_in
	cat >"$T/rules" <<'END'
cmd=ping status 503 body Maintenance
cmd=ping status 400 body you said test-token
cmd=ping redirect http://127.0.0.1:1/
END
	stand_in --script "$T/rules"
	look "PlanFix is being maintained" ''
	look "PlanFix does not understand" ''
	look "PlanFix leads elsewhere" ''
	stop_stand_in
	look "PlanFix is away" ''
}

# versions TITLE: of the libraries, whichever they are.
versions() {
	title "check: $1"
	"$CELSYNC" -c "$conf" check --root "$T/system" 2>/dev/null | sed -n '/ celsync [0-9]/{ s/[0-9][0-9]*/N/g; s/\(\(the server\|сервер\): \).*/\1…/; p; }' >>"$T/said"
}
check_database() {
	stand_in
	configured "socket = $socket
user = root"
	finds "a database as it should be, but for its user" "rights права indexes индексы zone пояс permissions доступ mp3 columns столбцы"
	versions "versions, with those of the database's server"
	sed -i 's/^user = root/user = reader/' "$conf"
	finds "a database user that may read and no more" "rights права"
	sed -i 's/^user = reader/user = writer/; s/^\[recordings\]/&\nupdate_cdr = yes/' "$conf"
	finds "one that may change a column" "rights права"
	sed -i 's/^user = writer/user = reader/' "$conf"
	finds "one that may not" "rights права"
	sed -i 's/^user = reader/user = root/' "$conf"
	finds "one that may too much" "rights права"
	printf '%s\n' "$TOKEN" >"$T/token"
	chmod 600 "$T/token"
	sed -i "s|^token = .*|token_file = $T/token|" "$conf"
	chmod 664 "$conf"
	finds "a configuration without secrets that others may write" "configuration настройки permissions доступ"
	chmod 600 "$conf"
	sed -i '/^update_cdr/d' "$conf"
	sql "use asteriskcdrdb; alter table cel drop index linkedid_index; alter table cdr drop index calldate"
	finds "indexes that are missing" "indexes индексы"
	sql "use asteriskcdrdb; update cdr set calldate = calldate + interval 3 hour"
	finds "two clocks" "zone пояс"
	sql "use asteriskcdrdb; update cel set eventtime = eventtime + interval 3 hour"
	sed -i 's/^start = .*/&\ntimezone = America\/New_York/' "$conf"
	finds "another clock than the configured one" "zone пояс"
	sed -i '/^timezone/d' "$conf"
	sql "use asteriskcdrdb; update cdr set calldate = '2026-11-25 12:00:00' order by calldate desc limit 1"
	finds "CEL has stopped" "cel"
	sql "use asteriskcdrdb; delete from cdr"
	finds "CDR is empty" "cdr zone пояс"
	config "$conf" "$(in_sqlite no-time.db)"
	finds "times that are none" "cel"
	config "$conf" "$(in_sqlite fresh.db)"
	kept=${TMPDIR:-/tmp}
	export TMPDIR="$T/nowhere"
	finds "no place for a temporary file" "mp3"
	export TMPDIR="$kept"
	if [ "$nobody" = none ]; then
		leave_out "check: a spool that may be read only"
		leave_out "check: a store of another user's"
	else
		told
		rm -rf "$T/theirs"
		mkdir -m 777 "$T/theirs"
		cp "$conf.db" "$T/theirs/celsync.db"
		chmod 400 "$T/theirs/celsync.db"
		chmod 555 "$T/monitor"
		[ "$nobody" = env ] || chown 65534 "$conf"
		sed -i "s|^path = $conf.db|path = $T/theirs/celsync.db|" "$conf"
		as=$nobody
		finds "a spool that may be read only" "recordings записи"
		finds "a store of another user's" "store хранилище"
		as=''
		chmod 755 "$T/monitor"
		rm -f "$conf"
	fi
	tables
	stop_stand_in
	fresh
}

# A web server that hands out a folder, and something else; $link.
web() {
	mkdir -p "$T/nginx"
	port=$(perl -MIO::Socket::INET -e '$s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1") or die; print $s->sockport')
	cat >"$T/nginx.conf" <<END
daemon off; master_process off; pid $T/nginx.pid; error_log $T/nginx.err;
events {}
http {
	access_log off; client_body_temp_path $T/nginx; proxy_temp_path $T/nginx; fastcgi_temp_path $T/nginx;
	uwsgi_temp_path $T/nginx; scgi_temp_path $T/nginx;
	server { listen 127.0.0.1:$port; location /calls/ { alias $T/public/; } location /other/ { return 200 "else"; } }
}
END
	PATH=$PATH:/usr/sbin nginx -c "$T/nginx.conf" -p "$T" 2>"$T/nginx.out" &
	web=$!
	pids="$pids $web"
	i=0
	until curl -s -o /dev/null "http://127.0.0.1:$port/" || [ $i -ge 200 ]; do i=$((i + 1)); sleep 0.05; done
	link=http://127.0.0.1:$port
}
check_links() {
	stand_in
	web
	chmod 755 "$T/public"
	for place in calls wrong other; do
		config "$conf" "$(in_sqlite fresh.db)"
		sed -i "s|^spool = .*|&\npublish_dir = $T/public\nurl = $link/$place/|" "$conf"
		finds "links over a web server: $place" "links ссылки"
	done
	kill "$web"
	wait "$web" 2>/dev/null
	# Nobody may make anything below it, root neither.
	sed -i "s|^publish_dir = .*|publish_dir = /proc/self|" "$conf"
	finds "links: a folder in which none can be made" "links ссылки"
	stop_stand_in
}

check_hook() {
	stand_in
	rm -rf "$T/system"
	mkdir "$T/system"
	config "$conf" "$(in_sqlite fresh.db)"
	custom=$T/system/etc/asterisk/extensions_custom.conf
	generated=$T/system/etc/asterisk/extensions_additional.conf
	hook="hook вставка"
	by_macro='exten => s,n(godial),Macro(dialout-one-predial-hook,)'
	by_gosub='exten => s,n(godial),Gosub(macro-dialout-one-predial-hook,s,1())'
	finds "no Asterisk here" "$hook"
	mkdir -p "$T/system/etc/asterisk"
	finds "no hook" "$hook"
	mkdir "$custom"
	finds "a dialplan that cannot be read" "$hook"
	rmdir "$custom"
	sed -i 's/^rate = .*/&\nannounce = off/' "$conf"
	finds "no hook, and none is wanted" "$hook"
	"$CELSYNC" init --dialplan --write --file "$custom" >"$T/diff" 2>"$T/err"
	finds "a hook" "$hook"
	echo "$by_macro" >"$generated"
	finds "a hook for Macro" "$hook"
	echo "$by_gosub" >"$generated"
	finds "a hook for Gosub" "$hook"
	for ending in MacroExit Return NoOp; do
		printf '[macro-dialout-one-predial-hook]\nexten => s,1,NoOp(mine)\n same => n,%s()\n' $ending >"$custom"
		"$CELSYNC" init --dialplan --write --file "$custom" >"$T/diff" 2>"$T/err"
		echo "$by_gosub" >"$generated"
		finds "the administrator's own ending by $ending, called by Gosub" "$hook"
		echo "$by_macro" >"$generated"
		finds "the administrator's own ending by $ending, called by Macro" "$hook"
	done
	rm "$generated" "$custom"
	"$CELSYNC" init --dialplan --write --file "$custom" >"$T/diff" 2>"$T/err"
	# A celsync without its hook beside it.
	mkdir -p "$T/alone"
	cp "$CELSYNC" "$T/alone"
	ln -sfn "$BUILD/locale" "$T/alone/locale"
	beside=$CELSYNC
	CELSYNC=$T/alone/celsync
	finds "a hook that is not there" "$hook"
	title "dialplan: a hook that is not there"
	well='^ *[0-9]* [-+] '
	run init --dialplan --file "$T/system/etc/asterisk/none.conf"
	well=
	CELSYNC=$beside
	sed -i 's/celsync-hook,/celsync-hooked,/' "$custom"
	finds "a hook of another version" "$hook"
	stop_stand_in
}

check_timer() {
	stand_in
	rm -rf "$T/system"
	mkdir -p "$T/system/etc/cron.d" "$T/bin"
	config "$conf" "$(in_sqlite fresh.db)"
	finds "neither systemd nor cron" "timer таймер"
	: >"$T/system/etc/cron.d/celsync"
	finds "cron" "timer таймер"
	mkdir -p "$T/system/run/systemd/system"
	as="env PATH=$T/nowhere"
	finds "systemd without its program" "timer таймер"
	as=
	# systemd does not run here: what it would answer is written down.
	cat >"$T/bin/systemctl" <<'END'
#!/bin/sh
shift
for unit; do [ "$unit" = "$(cat "$0.active")" ] && echo active || echo inactive; done
exit 3
END
	chmod +x "$T/bin/systemctl"
	as="env PATH=$T/bin:$PATH"
	echo none >"$T/bin/systemctl.active"
	finds "a timer that is off" "timer таймер"
	echo celsync.timer >"$T/bin/systemctl.active"
	finds "a timer" "timer таймер"
	as=
	stop_stand_in
}

# warned TITLE: what `status` warns of, and what it tells of the rest that is not the same every time.
warned() {
	title "status: $1"
	"$CELSYNC" -c "$conf" status >"$T/out" 2>"$T/err"
	status=$?
	printf '$ celsync status\n' >>"$T/said"
	sed -n '/^[^ ]*: /,$p; /^last error\|^сбой\|^backfill\|^lag\|^отставание\|^source\|^база\|^last pass\|^проход\|history\|прошлом/p' "$T/out" |
		sed 's/20[0-9-]*T[0-9:]*\(Z\|+00:00\)/TIME/g; s/[0-9][0-9]* \(min\|мин\)/N \1/g; s/ [0-9][0-9]*$/ N/' >>"$T/said"
	printf '= %d\n' $status >>"$T/said"
}
standing() {
	now=$(date +%s)
	rm -f "$T/pbx.db"
	shifted "$T/pbx.db" $((now - 90))
	stand_in
	fresh
	configured "$(in_sqlite pbx.db)"
	sed -i 's/^start = .*/&\ntimezone = utc/; s/^rate = .*/&\nannounce = off/' "$conf"
	# Read in two parts, so that there is something behind which the table can be another.
	sqlite3 "$T/pbx.db" "create table kept as select * from cel where AcctId > (select max(AcctId) - 100 from cel); delete from cel where AcctId in (select AcctId from kept)"
	quietly sync
	sqlite3 "$T/pbx.db" "insert into cel select * from kept; drop table kept"
	quietly sync
	store "update checkpoint set last_pass = last_pass - 1800000000"
	warned "no pass for half an hour"
	store "update checkpoint set last_pass = 0"
	warned "no pass yet"
	quietly sync
	shifted "$T/pbx.db" $((now - 60)) 10000
	warned "rows that were not read yet"
	sqlite3 "$T/pbx.db" 'delete from cel where AcctId > 10000; delete from cdr where AcctId > 10000'
	mv "$T/pbx.db" "$T/away.db"
	warned "no source"
	shifted "$T/pbx.db" $((now - 100))
	warned "another table"
	mv "$T/away.db" "$T/pbx.db"
	sqlite3 "$T/pbx.db" "create table kept as select * from cel; update cel set uniqueid = '1795398999.9' where AcctId = (select max(AcctId) from cel)"
	warned "a table that was restored"
	sqlite3 "$T/pbx.db" "delete from cel; insert into cel select * from kept; update cdr set calldate = strftime('%Y-%m-%d %H:%M:%S', calldate, '+3 hours')"
	warned "two clocks"
	sqlite3 "$T/pbx.db" "update cdr set calldate = strftime('%Y-%m-%d %H:%M:%S', calldate, '-3 hours')"
	sed -i 's/^\[pbx\]$/[pbx]\nemployees = 101, 102/; s/^announce = off/announce = hook/' "$conf"
	warned "strangers, and no hook"
	sed -i '/^employees/d' "$conf"
	printf 'direction in\next 101\nlinkedid 1795397203.14\nuniqueid 1795397203.16\ndid 74951234567\ncallerid 79161234567\n' >"$T/announced"
	"$CELSYNC" -c "$conf" announce <"$T/announced" >/dev/null 2>&1
	quietly sync
	store "update announced set at = 1"
	warned "the hook is silent since"
	sed -i 's/^announce = hook/announce = off/' "$conf"
	store "update outbox set state = 'rejected', changed = $now * 1000000 where id = (select max(id) from outbox);
		update outbox set state = 'unknown', changed = $now * 1000000 where id = (select max(id) - 1 from outbox);
		update recording set state = 'failed', reason = 'x', since = $now * 1000000 where id = (select min(id) from recording)"
	warned "rejected, lost, failed"
	stop_stand_in
	sed -i 's|^url = http.*|url = http://127.0.0.1:1/tel/api/|' "$conf"
	store "update outbox set state = 'ready' where state in ('rejected', 'unknown'); update recording set state = 'none' where state = 'failed'"
	quietly sync
	warned "the last run failed"
	store "update outbox set created = created - 7200000000 where state = 'ready'"
	warned "requests wait for two hours"
	store "update outbox set state = 'sent' where state = 'ready'"
	stand_in
	sed -i "s|^url = http://127.*|url = $url|" "$conf"
	quietly backfill --yes --from "$(date -d '-2 days' +%Y-%m-%d)" --to "$(date -d '+1 day' +%Y-%m-%d)"
	warned "a backfill that has ended"
	store "update job set finished = 0, next_id = 1000; update outbox set state = 'ready', priority = 1 where id = (select max(id) from outbox)"
	warned "one that was stopped"
	rm "$T/pbx.db"
	shifted "$T/pbx.db" $((now - 7 * 86400 + 600))
	shifted "$T/pbx.db" $((now - 3600)) 100000
	fresh
	quietly sync
	warned "CEL is silent"
	sqlite3 "$T/pbx.db" "delete from cel where AcctId < 100000; delete from cel where AcctId > (select min(AcctId) from cel) + 500"
	warned "CEL is silent, CDR is not"
	sqlite3 "$T/pbx.db" "delete from cel"
	warned "no CEL"
	title "status: two formats at once"
	with status --json --prometheus
	stop_stand_in
	fresh
}

# A FreePBX as it lies on a disk, and what `init` makes of it.
R=$T/pbx
pbx() {
	rm -rf "$R"
	mkdir -p "$R/etc/asterisk" "$R/etc/celsync" "$R/var/spool/asterisk/monitor" "$R/var/lib/celsync" "$R/run"
	ln -s "$socket" "$R/run/mysqld.sock"
	cat >"$R/etc/freepbx.conf" <<'END'
<?php
$amp_conf['AMPDBUSER'] = 'pbx';
$amp_conf['AMPDBPASS'] = 'pbx';
$amp_conf['AMPDBHOST'] = 'localhost';
$amp_conf['AMPDBNAME'] = 'asterisk';
END
	printf '[asteriskcdrdb]\ndsn=>MySQL-asteriskcdrdb\n' >"$R/etc/asterisk/res_odbc_additional.conf"
	printf '[MySQL-asteriskcdrdb]\nDatabase=asteriskcdrdb\nSocket=/run/mysqld.sock\n' >"$R/etc/odbc.ini"
}
# init_of TITLE ARGUMENT...: without the check it ends with.
init_of() {
	title "init: $1"
	shift
	well='^[✓!✗] \|^    '
	run init --root="$R" "$@"
	well=
}
no_user() { sql "drop user if exists celsync@localhost"; }
init() {
	pbx
	stand_in
	no_user
	printf '%s\n' "$TOKEN" >"$T/token"
	printf 'wrong\n' >"$T/admin"
	chmod 600 "$T/token" "$T/admin"
	title "init: options that do not go together"
	run init --write
	run init --dialplan --force
	init_of "no address"
	init_of "no token" --planfix-url="$url"
	set -- --planfix-url="$url" --token-file="$T/token"
	init_of "a token in the arguments" "$@" --set planfix.token=x
	init_of "a line break in a value" "$@" --set "pbx.trunk=a
b"
	init_of "a setting without its value" "$@" --set pbx.trunk
	init_of "a setting without its section" "$@" --set trunk=x
	init_of "a key that is none" "$@" --set pbx.trunks=x
	init_of "a key unlike any other" "$@" --set pbx.frobnicate=x
	init_of "an empty secret" --planfix-url="$url" --token-file=/dev/null
	init_of "it goes" "$@" --set recordings.update_cdr=yes --set recordings.wav=delete
	init_of "a second time" "$@"
	init_of "a second time, by force" --force "$@"
	rm "$R/etc/celsync/celsync.conf.bak"
	mkdir -p "$R/etc/celsync/celsync.conf.bak/x"
	init_of "a copy of the last one cannot be kept" --force "$@"
	rm -rf "$R/etc/celsync/celsync.conf.bak" "$R/etc/celsync/password"
	init_of "a database user that is there" --force "$@"
	no_user
	init_of "no administrator of the database" --force "$@" --db-admin=nobody --db-admin-password-file="$T/admin"
	rm -rf "$R/etc/celsync"
	: >"$R/etc/odbc.ini"
	printf "\$amp_conf['CDRDBTYPE'] = 'pgsql';\n\$amp_conf['MIXMON_FORMAT'] = 'g729';\n\$amp_conf['CDRUSEGMT'] = '1';\n" >>"$R/etc/freepbx.conf"
	sed -i "s/'AMPDBPASS'. = 'pbx'/'AMPDBPASS'] = 'wrong'/" "$R/etc/freepbx.conf"
	printf 'CEL_ENABLED=0\n' >"$R/etc/amportal.conf"
	init_of "a PBX whose records cannot be read" "$@"
	rm -rf "${R:?}/etc"
	mkdir -p "$R/etc/freepbx.conf"
	init_of "nothing to be found" "$@"
	rm -rf "${R:?}/etc/"*
	: >"$R/etc/celsync"
	init_of "no folder for the configuration" "$@" --set source.driver=sqlite --set "source.path=$T/fresh.db"
	if [ "$nobody" = none ]; then
		leave_out "init: files of FreePBX's that this user may not read"
	else
		pbx
		chmod 600 "$R/etc/freepbx.conf"
		as=$nobody
		init_of "files of FreePBX's that this user may not read" --planfix-url="$url" --token-file=/dev/null
		as=
	fi
	title "init: folders that the units do not know"
	well='^[✓!✗] \|^    '
	run -c "$R/office.conf" init "$@" --set source.driver=sqlite --set "source.path=$T/fresh.db" --set "recordings.spool=$T/monitor"
	well=
	if has_terminal >/dev/null; then
		pbx
		no_user
		printf '#!/bin/sh\nexec "%s" init --root="%s"\n' "$CELSYNC" "$R" >"$T/asked"
		chmod +x "$T/asked"
		title "init: on a terminal"
		# Each answer when it is asked for, so that the terminal shows it there.
		: >"$T/typescript"
		asks() { [ "$(tr -d '\r' <"$T/typescript" | grep -ao ': $\|api/): ' | grep -c .)" -ge "$1" ]; }
		(
			wait_for asks 1
			echo what
			wait_for asks 2
			echo "$url"
			wait_for asks 3
			echo "$TOKEN"
			sleep 1
		) | script -qfec "$T/asked" "$T/typescript" >/dev/null 2>&1
		tr -d '\r' <"$T/typescript" | sed -n '/tel\/api\/): \|^.*PlanFix.*: $\|^.*: *$/p' | grep -v '^[✓!✗]\|^celsync\|^    ' >>"$T/said"
		tr -d '\r' <"$T/typescript" | grep -a '^celsync: .*https://$' >>"$T/said"
	else
		leave_out "init: on a terminal"
	fi
	no_user
	stop_stand_in
}

dialplan() {
	well='^ *[0-9]* [-+] '
	file=$T/extensions_custom.conf
	: >"$file"
	title "dialplan: as it would be written"
	run init --dialplan --file "$file"
	title "dialplan: written"
	run init --dialplan --write --file "$file"
	run init --dialplan --write --file "$file"
	title "dialplan: taken out"
	run init --dialplan --undo --file "$file"
	run init --dialplan --undo --file "$file"
	title "dialplan: a context that must be changed by hand"
	printf '[macro-dialout-trunk-predial-hook]\nexten => s,2,NoOp()\n' >"$file"
	run init --dialplan --file "$file"
	title "dialplan: a context without its first step"
	printf '[macro-dialout-trunk-predial-hook]\ninclude => other\n' >"$file"
	run init --dialplan --file "$file"
	title "dialplan: another file is read first"
	: >"$file"
	printf '[macro-dial-ringall-predial-hook]\nexten => s,1,NoOp()\n' >"$T/extensions_override_freepbx.conf"
	run init --dialplan --file "$file"
	rm "$T/extensions_override_freepbx.conf"
	title "dialplan: it speaks to PlanFix already"
	printf '[macro-dial-ringall-predial-hook]\nexten => s,1,System(php /root/planfix-in.php)\n same => n,MacroExit()\n' >"$file"
	run init --dialplan --file "$file"
	title "dialplan: no such folder"
	run init --dialplan --write --file "$T/nowhere/extensions_custom.conf"
	well=
}
