# What a user can do wrong or meet, one thing after the other; sourced by tests/run/messages.sh, which runs it once in each language.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh

left_out=
# leave_out TITLE: it needs what this machine does not give.
leave_out() { case "|$left_out|" in *"|$1|"*) ;; *) left_out="${left_out:+$left_out|}$1" ;; esac; }
good="driver = sqlite
path = $T/small.db"
# good [SED]: a configuration that is well, then this change.
good() {
	config "$conf" "$good"
	sed -i 's/^settle = .*/settle = 10 ms/' "$conf"
	[ $# -eq 0 ] || sed -i "$1" "$conf"
}
fresh() { rm -rf "$conf.db" "$conf.db-wal" "$conf.db-shm" "$conf".db.*.lock "$T/announce"; }
# mistake TITLE SED [ARGUMENT...]: the configuration with one change, and what a command says of it.
mistake() {
	title "configuration: $1"
	good "$2"
	shift 2
	[ $# -gt 0 ] || set -- status
	with "$@"
}
reset_cdr() { sql "use asteriskcdrdb; delete from cdr; insert into cdr select * from cdr_was"; }
sql() { mariadb --no-defaults -S "$socket" -uroot -N -B -e "$1"; }

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
	# Another user, for what root may do and others may not.
	if [ "$(id -u)" = 0 ]; then
		nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
		$nobody "$CELSYNC" --version >/dev/null 2>&1 || nobody=none
	else
		nobody='env'
	fi
}

provoke() {
	command_line
	configuration
	source_away
	store_away
	planfix_away
	recordings_bad
	wavs_stay
	checks
	answers
	watching
	dialplan
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
	for command in sync watch backfill replay announce calls show report status check recordings init; do
		title "help: $command"
		run "$command" --help
	done
	title "a command that is not built yet"
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
	source_of "no such SQLite file" "driver = sqlite
path = $T/nowhere.db"
	source_of "not an SQLite file" "driver = sqlite
path = $T/text.db"
	source_of "a damaged SQLite file" "driver = sqlite
path = $T/damaged.db"
	source_of "no tables" "driver = sqlite
path = $T/neither.db"
	source_of "no columns" "driver = sqlite
path = $T/no-column.db"
	if [ "$nobody" = none ]; then
		leave_out "source: a file that this user may not read"
	else
		rm -f "$T/private.db"
		cp "$T/small.db" "$T/private.db"
		chmod 000 "$T/private.db"
		config "$conf" "driver = sqlite
path = $T/private.db"
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
	source_of "only CDR" "driver = sqlite
path = $T/no-cel.db" sync
	fresh
	rm -rf "$T/monitor"
	cp -rp "$T/recorded" "$T/monitor"
	stand_in
	reset_cdr
	recordings_more="update_cdr = yes"
	source_of "CDR may not be written" "socket = $socket
user = reader" sync
	recordings_more=
	stop_stand_in
	fresh
}

# stand_in [OPTION...]: one that knows nothing of the last one's calls.
stand_ins=0
stand_in() {
	stand_ins=$((stand_ins + 1))
	planfix "stand-in.$stand_ins" "$@"
}
stop_stand_in() { planfix_stop 2>/dev/null; }
# told: a store in which everything was told.
told() {
	stop_stand_in
	stand_in
	fresh
	good
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
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
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
	sqlite3 "$T/restored.db" "attach '$T/small.db' as s; insert into cel select * from s.cel where rowid >= (select max(rowid) - 100 from s.cel)"
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
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

# again: everything is to be told once more.
again() {
	stop_stand_in
	stand_in
	fresh
	sed -i "s|^url = http://127.*|url = $url|" "$conf"
}
# MP3s of others, links of others: the WAV stays.
wavs_stay() {
	title "recordings: WAVs that stay"
	rm -rf "$T/monitor"
	cp -rp "$T/recorded" "$T/monitor"
	find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
	stand_in
	fresh
	reset_cdr
	recordings_more="update_cdr = no
wav = keep"
	config "$conf" "socket = $socket
user = writer"
	sed -i 's/^settle = .*/settle = 10 ms/' "$conf"
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
	sed -i 's/^update_cdr = .*/update_cdr = yes/; s/^wav = .*/wav = delete/' "$conf"
	find "$T/monitor" -name '*.mp3' | sort | sed -n 1p >"$T/one"
	echo 'somebody was here' >"$(cat "$T/one")"
	sqlite3 "$conf.db" "update recording set wav_due = 0, not_before = 0 where state = 'done'"
	with sync
	with recordings
	recordings_more=
	stop_stand_in
	fresh
}
recordings_bad() {
	rm -rf "$T/monitor"
	cp -rp "$T/recorded" "$T/monitor"
	find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
	find "$T/monitor" -name '*.wav' | sort >"$T/wavs"
	wav() { sed -n "$1p" "$T/wavs"; }
	head -c 5000 /dev/zero | tr '\0' x >"$(wav 1)"
	: >"$(wav 2)"
	rm "$(wav 3)" && mkdir "$(wav 3)"
	rm "$(wav 4)" && ln -s /etc/passwd "$(wav 4)"
	mv "$(wav 5)" "$T/kept.wav" && echo 'not an MP3' >"$(wav 5 | sed 's/wav$/mp3/')"
	head -c 44 "$T/kept.wav" >"$(wav 6)"
	printf 'RIFF\044\0\0\0WAVEfmt \020\0\0\0' >"$(wav 7)"
	rm "$(wav 8)"
	find "$T/monitor" -type f -exec touch -d '2026-11-23 03:00:00Z' {} +
	stand_in
	fresh
	config "$conf" "driver = sqlite
path = $T/fresh.db"
	sed -i 's/^settle = .*/settle = 10 ms/' "$conf"
	title "recordings: broken ones"
	with sync
	title "recordings: the spool's disk is gone"
	mv "$T/monitor" "$T/kept"
	mkdir "$T/monitor"
	sqlite3 "$conf.db" "update recording set not_before = 0 where state = 'waiting'"
	with sync
	rmdir "$T/monitor"
	mv "$T/kept" "$T/monitor"
	title "recordings: after their time"
	sqlite3 "$conf.db" "update recording set since = since - 3600000000, call_ended = call_ended - 3600000000;
		update recording set not_before = 0 where state in ('waiting', 'done')"
	with sync
	with recordings --all
	with replay --state failed --dry-run
	with replay --state failed
	rm -rf "$T/monitor"
	again
	title "recordings: no spool folder"
	with sync
	again
	mkdir -p "$T/monitor"
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
	title "recordings: some are awaited"
	with recordings
	again
	rm -rf "$T/monitor"
	cp -rp "$T/recorded" "$T/monitor"
	find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
	sed -i "s|^spool = .*|&\npublish_dir = $T/public\nurl = https://calls.example/r\nsecret_file = $T/secret|" "$conf"
	echo 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef >"$T/secret"
	chmod 644 "$T/secret"
	title "recordings: others may read the links' secret"
	with sync
	again
	chmod 600 "$T/secret"
	echo short >"$T/secret"
	title "recordings: a damaged secret"
	with sync
	again
	sed -i "s|^secret_file = .*|secret_file = $T/none/secret|" "$conf"
	title "recordings: no folder for the secret"
	with sync
	sed -i "s|^secret_file = .*|secret_file = $T/secret|" "$conf"
	again
	rm "$T/secret"
	sed -i "s|^publish_dir = .*|publish_dir = $T/nowhere/public|" "$conf"
	title "recordings: no folder for links"
	with sync
	stop_stand_in
	fresh
	rm -rf "$T/monitor"
	mkdir "$T/monitor"
}

checks() {
	stand_in
	# What a check of a good configuration says depends on the machine; of the others' only what is not among that is shown.
	fresh
	config "$conf" "driver = sqlite
path = $T/fresh.db"
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
		config "$conf" "driver = sqlite
path = $T/fresh.db"
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

# Calls of all shapes, as show tells them; where nothing was read yet.
shapes() {
	sed "s|small.db|shapes.db|; s|$conf.db|$T/none.db|" "$conf" >"$T/shapes.conf"
	chmod 600 "$T/shapes.conf"
	cp "$CAPTURE/master.db" "$T/shapes.db"
	for call in $SHAPES; do
		title "show: $call"
		run -c "$T/shapes.conf" show "$call"
	done
}
SHAPES="1795398608.9 1795397581.158 1795398466.2 1795397316.67 1795398429.449 1795397826.263 1795397407.109 1795397640.180 1795398403.422
	1795397626.174 1795397633.176 1795397700.208 1795397651.184 1795397749.218 1795397654.186 1795397644.182 1795397921.288"

answers() {
	stand_in
	fresh
	good 's/^start = .*/start = now/'
	title "the first run"
	with sync
	told
	title "status"
	with status
	title "calls"
	with calls --from 2026-11-23 --to 2026-11-24
	with calls --from 2026-11-23 --to 2026-11-24 --summary
	with calls --call 1.1
	title "report"
	with report --from 2026-11-23 --to 2026-11-24
	sed -i 's/^trunk = .*/&\nemployees = 101/' "$conf"
	with report --from 2026-11-23 --to 2026-11-24
	title "show"
	with show 1795397397.106
	with show 1.1
	title "show: a call that is not reported"
	with show 1795397695.207
	title "show: before the first run"
	cp "$conf.db" "$T/kept.db"
	sqlite3 "$conf.db" "delete from outbox; update checkpoint set start = 1999999999000000"
	with show 1795397158.2
	title "show: not read yet"
	sqlite3 "$conf.db" "update checkpoint set start = 1, cursor = 0"
	with show 1795397158.2
	fresh
	mv "$T/kept.db" "$conf.db"
	shapes
	title "replay"
	with replay --state rejected --dry-run
	with replay --call 1.1
	sqlite3 "$conf.db" "update outbox set state = 'rejected', status = 400, answer = 'Bad ext' where event = 'COMPLETED' and id in (select id from outbox where event = 'COMPLETED' order by id limit 2)"
	with replay --state rejected --dry-run
	title "another run is sending"
	exec 4>"$conf.db.deliver.lock" 5>"$conf.db.read.lock"
	flock -n 4
	flock -n 5
	with replay --state rejected 4>&- 5>&-
	with backfill --from 2026-11-23 --to 2026-11-24 4>&- 5>&-
	exec 4>&- 5>&-
	title "replay: it goes"
	sqlite3 "$conf.db" "update outbox set state = 'rejected' where state = 'ready'"
	stop_stand_in
	stand_in
	sed -i "s|^url = http://127.*|url = $url|" "$conf"
	with replay --state rejected
	title "replay: what stays"
	sqlite3 "$conf.db" "update outbox set state = 'rejected', body = '' where id in (select id from outbox order by id limit 2)"
	with replay --state rejected --dry-run
	with show 1795397158.2
	fresh
	title "backfill"
	again
	with backfill --from 2026-11-23 --to 2026-11-24
	good "s/^rate = .*/rate = 0.1/"
	printf '$ celsync backfill --dry-run --from 2026-11-23 --to 2026-11-24 >/dev/null\n' >>"$T/said"
	fresh
	"$CELSYNC" -c "$conf" backfill --dry-run --from 2026-11-23 --to 2026-11-24 >/dev/null 2>>"$T/said"
	with backfill --from 2026-11-23 --to 2026-11-24 --known "$T/none"
	stop_stand_in
	fresh
}

# wait_for PATTERN: until the watch has said it.
wait_for() {
	i=0
	until grep -q "$1" "$T/err" || [ $i -ge 200 ]; do sleep 0.05; i=$((i + 1)); done
}
watching() {
	title "watch: its configuration is read again, with a mistake and without"
	stand_in
	fresh
	good 's/^settle = .*/&\ninterval = 100 ms/'
	printf '$ celsync watch\n' >>"$T/said"
	: >"$T/err"
	NOTIFY_SOCKET='' "$CELSYNC" -c "$conf" watch 2>"$T/err" >/dev/null &
	watch=$!
	pids="$pids $watch"
	wait_for ' info sent '
	sed -i 's/^settle = .*/settle = soon/' "$conf"
	kill -HUP $watch
	wait_for soon
	sed -i 's/^settle = .*/settle = 10 ms/' "$conf"
	kill -HUP $watch
	wait_for "^celsync: $conf [^:]*$"
	kill -TERM $watch
	wait $watch
	status=$?
	grep -v '^20[0-9-]*T' "$T/err" >>"$T/said"
	printf '= %d\n' $status >>"$T/said"
	stop_stand_in
	fresh
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
