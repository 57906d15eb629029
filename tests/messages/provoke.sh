# What a user can do wrong or meet, one thing after the other; sourced by tests/run/messages.sh, which runs it once in each language.
# Its helpers are in tools.sh; recordings and calls in provoke_calls.sh; what the machine and its PBX have to do with it in provoke_host.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh
. "$TOP/tests/messages/provoke_calls.sh"

# mistake TITLE SED [ARGUMENT...]: the configuration with one change, and what a command says of it.
mistake() {
	title "configuration: $1"
	good "$2"
	shift 2
	[ $# -gt 0 ] || set -- status
	with "$@"
}
reset_cdr() { sql "use asteriskcdrdb; delete from cdr; insert into cdr select * from cdr_was"; }

# Once, before both languages.
prepare() {
	cut_capture
	mkdir "$T/monitor" "$T/public"
	cut_recordings "$T/recorded"
	cp "$T/small.db" "$T/fresh.db"
	sqlite3 "$T/fresh.db" "update cel set eventtime = '2038-01-01 00:00:00'"
	sqlite3 "$T/small.db" "update cel set appname = '', appdata = '' where appname = 'MixMonitor'; update cdr set recordingfile = ''"
	sqlite3 "$T/no-cel.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table cel as select * from s.cel limit 0"
	sqlite3 "$T/neither.db" "create table other (id integer)"
	sqlite3 "$T/no-column.db" "create table cel (id integer, uniqueid text); create table cdr (uniqueid text)"
	sqlite3 "$T/empty.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr limit 0; create table cel as select * from s.cel limit 0"
	echo "some text that is longer than a header of SQLite: it has to be more than a hundred bytes, so here are some more of them, and more" >"$T/text.db"
	cp "$T/small.db" "$T/damaged.db"
	dd if=/dev/zero of="$T/damaged.db" bs=1024 seek=4 count=400 conv=notrunc 2>/dev/null
	sqlite3 "$T/other-program.db" "create table t (a); pragma application_id = 1"
	sql "create user celsync@localhost identified by 'right'; create user poor@localhost; create database empty;
		create user reader@localhost; grant select on asteriskcdrdb.* to reader@localhost;
		create user writer@localhost; grant select on asteriskcdrdb.* to writer@localhost;
		grant update (recordingfile) on asteriskcdrdb.cdr to writer@localhost;
		create user expired@localhost identified by 'right' password expire; grant select on asteriskcdrdb.* to expired@localhost;
		create database half; create table half.cel (id int, uniqueid varchar(32)); create table half.cdr (uniqueid varchar(32))"
	sql "use asteriskcdrdb; delete from cdr where linkedid not in (${list%,}); create table cdr_was select * from cdr"
	find_nobody
}

provoke() {
	command_line
	configuration
	source_away
	store_away
	planfix_away
	recordings_bad
	wavs_stay
	answers
	watching
}

command_line() {
	title "no command"
	run
	title "a mistyped command"
	run snyc
	title "no such command"
	run frobnicate
	title "an option that is none"
	run --colour
	title "an option that a command does not know"
	run sync --wet-run
	title "an option without its value"
	run backfill --from
	title "an argument too many"
	run check everything
	title "help"
	run --help
	for command in sync watch backfill replay announce calls show report status check recordings forget init; do
		title "help: $command"
		run "$command" --help
	done
	title "forget of nobody"
	run forget
	title "the output's disk is full"
	printf '$ celsync --help >/dev/full\n' >>"$T/said"
	"$CELSYNC" --help 2>>"$T/said" >/dev/full
	title "show of nothing"
	run show
	title "calls of no period"
	run calls
	title "calls from a time that is none"
	run calls --from yesterday
	title "backfill of no period"
	run backfill
	title "backfill from a time that is none"
	run backfill --from yesterday --to 2026-11-24
	title "backfill of a period that ends before it begins"
	run backfill --from 2026-11-24 --to 2026-11-23
	title "report to a time that is none"
	run report --to 2026-13-01
	title "replay of what"
	run replay
	title "replay of a state that is none"
	run replay --state lost
	title "replay of what PlanFix has"
	run replay --state sent
	title "replay from a time that is none"
	run replay --from yesterday
	title "init with two wishes"
	run init --dialplan --write --undo
}

configuration() {
	title "configuration: there is none"
	rm -f "$conf"
	with status
	title "configuration: a folder"
	run -c "$T/public" status
	if [ "$nobody" = none ]; then
		leave_out "configuration: this user may not read it"
	else
		title "configuration: this user may not read it"
		good
		chmod 000 "$conf"
		as=$nobody
		with status
		as=''
		rm -f "$conf"
	fi
	mistake "others may read the secret in it" ''
	chmod 644 "$conf"
	with status
	chmod 620 "$conf"
	with status
	chmod 602 "$conf"
	with status
	mistake "not UTF-8" "s/^trunk = .*/trunk = $(printf '\\xff')/"
	mistake "a section without its bracket" 's/^\[planfix\]/[planfix/'
	mistake "a line that is none" 's/^token = .*/&\nand a second line of it/'
	mistake "a key before the first section" '1s/^/name = office\n/'
	mistake "a key twice" 's/^token = .*/&\n&/'
	mistake "a mistyped section" 's/^\[planfix\]/[planfx]/'
	mistake "a mistyped key" 's/^token = /tokn = /'
	mistake "a key of another section" 's/^token = .*/&\nspool = \/var\/spool/'
	mistake "a key unlike any other" 's/^token = .*/&\nfrobnicate = 1/'
	mistake "perhaps a secret broken over two lines" 's/^token = .*/&\n48a93bc7d1 = 1/'
	mistake "an empty value" 's/^settle = .*/settle =/'
	mistake "no token" '/^token/d' sync
	mistake "no address" '/^url/d' sync
	mistake "no path" "/^path = .*small/d" calls --from 2026-11-23 --to 2026-11-24
	mistake "one of the two that belong together" 's|^spool = .*|&\npublish_dir = /var/www/calls|'
	mistake "WAVs go, and CDR is not told" 's|^spool = .*|&\nwav = delete|'
	mistake "CDR in SQLite is not written" 's|^spool = .*|&\nwav = delete\nupdate_cdr = yes|'
	mistake "not one of the choices" 's/^driver = .*/driver = oracle/'
	mistake "not yes or no" 's|^spool = .*|&\nupdate_cdr = perhaps|'
	mistake "not a whole number" 's/^connections = .*/connections = many/'
	mistake "not a number" 's/^rate = .*/rate = fast/'
	mistake "a number out of range" 's/^connections = .*/connections = 1000/'
	mistake "not a length of time" 's/^settle = .*/settle = soon/'
	mistake "a length of time out of range" 's/^settle = .*/settle = 9 h/'
	mistake "not whole seconds" 's/^settle = .*/&\ntimeout = 1500 ms/'
	mistake "not a list of pairs" 's/^trunk = .*/&\nalias = 9101 - 101/'
	mistake "a regular expression with a mistake" 's/^extension = .*/extension = ^[1-9/'
	mistake "a rule without =>" 's/^trunk = .*/&\nrewrite = ^8/'
	mistake "a rule with nothing before =>" 's/^trunk = .*/&\nrewrite = => 7/'
	mistake "a rule with a mistake" 's/^trunk = .*/&\nrewrite = ^(8 => 7/'
	mistake "a rule that names a group too many" 's/^trunk = .*/&\nrewrite = ^8(.*) => 7$2/'
	mistake "no such time zone" 's/^settle = .*/&\ntimezone = Europe\/Moskva/'
	mistake "not a beginning" 's/^start = .*/start = later/'
	mistake "a password in the address" 's|^url = .*|url = https://me:secret@planfix.example/tel/api/|'
	mistake "not an address" 's|^url = .*|url = planfix.example|'
	mistake "neither http nor https" 's|^url = .*|url = ftp://planfix.example/|'
	mistake "an address without a host" 's|^url = .*|url = https:///tel/api/|'
	mistake "an address with a fragment" 's|^url = .*|url = https://planfix.example/tel/api/#key|'
	mistake "the token would travel in the clear" 's|^url = .*|url = http://planfix.example/tel/api/|'
	mistake "a placeholder that is not closed" 's/^token = .*/&\ndata_wait = {wait/'
	mistake "a placeholder that was not opened" 's/^token = .*/&\ndata_wait = wait}/'
	mistake "a placeholder that is none" 's/^token = .*/&\ndata_wait = {weight}/'
	mistake "a field's name with a mistake" 's/^token = .*/&\ndata_the-wait = {wait}/'
	mistake "not a word" 's/^trunk = .*/&\nname = the office/'
	mistake "not an absolute path" 's|^spool = .*|spool = monitor|'
	mistake "not a phone number" 's/^trunk = .*/&\nanonymous = nobody/'
	rm -f "$T/token"
	mistake "the token's file is not there" "s|^token = .*|token_file = $T/token|" sync
	: >"$T/token"
	chmod 600 "$T/token"
	mistake "the token's file is empty" "s|^token = .*|token_file = $T/token|" sync
	printf 'one\ntwo\n' >"$T/token"
	mistake "the token's file holds two lines" "s|^token = .*|token_file = $T/token|" sync
	chmod 644 "$T/token"
	mistake "others may read the token's file" "s|^token = .*|token_file = $T/token|" sync
	title "warnings"
	good "s|^token = .*|&\ntoken_file = $T/token|; s|^trunk = .*|default_ext = 999\nemployees = 101; 102|; s|^spool = .*|&\npublish_dir = $T/public\nurl = http://calls.example/|"
	with -v replay --state rejected --dry-run
}

# source TITLE LINES [ARGUMENT...]: calls of a source that cannot be read.
source_of() {
	title "source: $1"
	config "$conf" "$2"
	shift 2
	[ $# -gt 0 ] || set -- calls --from 2026-11-23 --to 2026-11-24
	with "$@"
}
source_away() {
	source_of "no such SQLite file" "$(in_sqlite nowhere.db)"
	source_of "not an SQLite file" "$(in_sqlite text.db)"
	source_of "a damaged SQLite file" "$(in_sqlite damaged.db)"
	source_of "no tables" "$(in_sqlite neither.db)"
	source_of "no columns" "$(in_sqlite no-column.db)"
	if [ "$nobody" = none ]; then
		leave_out "source: a file that this user may not read"
	else
		rm -f "$T/private.db"
		cp "$T/small.db" "$T/private.db"
		chmod 000 "$T/private.db"
		config "$conf" "$(in_sqlite private.db)"
		[ "$nobody" = env ] || chown 65534 "$conf"
		title "source: a file that this user may not read"
		as=$nobody
		with calls --from 2026-11-23 --to 2026-11-24
		as=
		[ "$nobody" = env ] || rm "$conf"
	fi
	source_of "no server" "host = 127.0.0.1
port = 1
user = celsync"
	source_of "no socket" "socket = $T/no.sock
user = celsync"
	source_of "a wrong password" "socket = $socket
user = celsync
password = wrong"
	source_of "a login that is no longer allowed" "socket = $socket
user = expired
password = right"
	source_of "no rights" "socket = $socket
user = poor"
	source_of "no such database" "socket = $socket
user = root
database = nonesuch"
	source_of "a database without tables" "socket = $socket
user = root
database = empty"
	source_of "tables without columns" "socket = $socket
user = root
database = half"
	source_of "no TLS" "socket = $socket
user = reader
tls = on"
	source_of "only CDR" "$(in_sqlite no-cel.db)" sync
	fresh
	recordings_there
	stand_in
	reset_cdr
	recordings_more="update_cdr = yes"
	source_of "CDR may not be written" "socket = $socket
user = reader" sync
	recordings_more=
	stop_stand_in
	fresh
}

store_of() { # TITLE PATH [ARGUMENT...]
	title "store: $1"
	good "s|^path = $conf.db|path = $2|"
	shift 2
	[ $# -gt 0 ] || set -- status
	with "$@"
}
store_away() {
	store_of "there is none yet" "$T/none.db"
	with recordings
	with replay --call 1795397158.2 --dry-run
	with show 1795397158.2
	store_of "no folder" "$T/none/celsync.db" sync
	store_of "a folder" "$T/public" sync
	store_of "not an SQLite file" "$T/text.db"
	store_of "of another program" "$T/other-program.db"
	stand_in
	told
	sqlite3 "$conf.db" "pragma user_version = 9999"
	title "store: of a later version"
	with status
	with sync
	sqlite3 "$conf.db" "pragma user_version = 1"
	title "store: of an earlier version"
	with status
	told
	sqlite3 "$conf.db" "pragma wal_checkpoint(truncate)" >/dev/null
	dd if=/dev/urandom of="$conf.db" bs=1024 seek=8 count=40 conv=notrunc 2>/dev/null
	title "store: damaged"
	"$CELSYNC" -c "$conf" status >"$T/out" 2>"$T/err"
	with status
	if [ "$nobody" = none ]; then
		leave_out "store: this user may not write it"
		leave_out "store: this user may not read it"
	else
		told
		rm -rf "$T/open"
		mkdir -m 777 "$T/open"
		cp "$conf.db" "$T/open/celsync.db"
		chmod 444 "$T/open/celsync.db"
		good "s|^path = $conf.db|path = $T/open/celsync.db|"
		[ "$nobody" = env ] || chown 65534 "$conf"
		title "store: this user may not write it"
		as=$nobody
		with sync
		title "store: this user may not read it"
		chmod 000 "$T/open/celsync.db"
		with status
		with show 1795397158.2
		as=''
		rm -f "$conf"
	fi
	told
	title "another run is at work"
	exec 4>"$conf.db.read.lock"
	flock -n 4
	with -v sync 4>&-
	exec 4>&-
	title "the table was swapped"
	sqlite3 "$T/other.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table cel as select * from s.cel;
		update cel set uniqueid = 'other', eventtime = '2020-01-01 00:00:00'"
	sed -i "s|small.db|other.db|" "$conf"
	with sync
	told
	title "the table was restored from a copy"
	fresh
	sqlite3 "$T/restored.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table cel as select * from s.cel
		where rowid < (select max(rowid) - 100 from s.cel)"
	sed -i "s|small.db|restored.db|" "$conf"
	quietly sync
	sqlite3 "$T/restored.db" "attach '$T/small.db' as s; insert into cel select * from s.cel where rowid >= (select max(rowid) - 100 from s.cel)"
	quietly sync
	sqlite3 "$T/restored.db" "update cel set uniqueid = '1795398999.9' where rowid = (select max(rowid) from cel)"
	with sync
	rm -f "$T/other.db" "$T/restored.db"
	title "an earlier run was cut off"
	told
	sqlite3 "$conf.db" "update outbox set state = 'sending', owner_boot = 'before', owner_pid = 1, owner_start = 1, lease = 1 where id in (select max(id) from outbox)"
	with sync
	stop_stand_in
	fresh
}

# answers_with TITLE RULES [OPTION...]: a stand-in that answers so, and a pass.
fails_with() {
	title "PlanFix: $1"
	printf '%s\n' "$2" >"$T/rules"
	stand_in --script "$T/rules"
	fresh
	good "s/^connections = .*/connections = 1/"
	with sync
	stop_stand_in
}
planfix_away() {
	title "PlanFix: another token"
	stand_in
	fresh
	good 's/^token = .*/token = of-yesterday/'
	with sync
	stop_stand_in
	title "PlanFix: nobody listens"
	fresh
	good
	with sync
	fails_with "does not take an event" "count 1 cmd=event status 400 body Bad ext"
	fails_with "does not take several" "count 3 cmd=event status 400 body Bad ext"
	fails_with "is being maintained" "forever cmd=event status 503 body Maintenance"
	fails_with "gives no answer" "count 1 cmd=event drop"
	title "PlanFix: certificates that cannot be read"
	good "s|^token = .*|&\nca_file = $T/none.pem|"
	with sync
	title "announce without facts"
	good
	head -c 20000 /dev/zero >"$T/zeros"
	input=$T/zeros
	with announce
	input=''
	fresh
}
