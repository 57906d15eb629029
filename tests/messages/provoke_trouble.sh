# What goes wrong in the middle, and what is rare: databases that give up, full disks, recordings that change, requests cut off, numbers
# forgotten; sourced by tests/run/messages_trouble.sh, which runs it once in each language. Its helpers are in tools.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh

# Once, before both languages.
prepare() {
	cut_capture
	mkdir "$T/monitor" "$T/public"
	cut_recordings "$T/recorded"
	cp "$T/small.db" "$T/recorded.db"
	sqlite3 "$T/recorded.db" "delete from cel where linkedid not in ($some_calls); delete from cdr where linkedid not in ($some_calls)"
	sqlite3 "$T/small.db" "update cel set appname = '', appdata = '' where appname = 'MixMonitor'; update cdr set recordingfile = ''"
	"$TOP/tests/mariadb.sh" load "$mysql" asteriskcdrdb "$CAPTURE/cel.sql"
	sql "create user celsync@localhost identified by 'right';
		create user few@localhost with max_user_connections 1; grant select on asteriskcdrdb.* to few@localhost;
		create user slow@localhost; grant select on asteriskcdrdb.* to slow@localhost;
		create user writer@localhost; grant select on asteriskcdrdb.* to writer@localhost; grant update on asteriskcdrdb.cdr to writer@localhost"
	find_nobody
}
some_calls="'1795397261.41', '1795397544.144', '1795397692.203', '1795397817.259', '1795398604.7', '1795397163.4'"

provoke() {
	usage
	servers
	disks
	requests
	facts
	conversions
	wavs
	announcements
	backfills
	numbers
}

usage() {
	title "report: two formats at once"
	run report --json --csv
	good
	title "show: not a telephone number"
	with show 12 2026-11-23
	title "show: nobody called then"
	with show 79160000000 2026-11-23
	title "configuration: two secrets"
	printf 'x\n' >"$T/password"
	chmod 600 "$T/password"
	configured "socket = $socket
user = celsync
password = right
password_file = $T/password"
	with -v calls --from 2026-11-23 --to 2026-11-24 --summary
	title "configuration: not an INI file"
	printf '[source]\nname\n' >"$conf"
	with status
	printf '<?xml version="1.0"?>\n' >"$conf"
	with status
}

# of TITLE LINES: a source that gives up.
of() {
	title "source: $1"
	configured "$2"
	with calls --from 2026-11-23 --to 2026-11-24 --summary
}
servers() {
	rm -f "$T/view.db"
	sqlite3 "$T/view.db" "attach '$T/small.db' as s; create table cdr as select * from s.cdr; create table of_cel as select * from s.cel;
		create view cel as select * from of_cel; drop table of_cel"
	of "a view of a table that is gone" "$(in_sqlite view.db)"
	of "a host that has no address" "host = .
user = celsync"
	of "a certificate that is not there" "socket = $socket
user = slow
tls = verify
tls_ca = $T/none.pem"
	title "source: too many connections of one user"
	configured "socket = $socket
user = few"
	mariadb --no-defaults -S "$socket" -ufew -e 'select sleep(20)' >/dev/null 2>&1 &
	held=$!
	i=0
	until [ "$(sql "select count(*) from information_schema.processlist where user = 'few'")" -gt 0 ] || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.05; done
	with calls --from 2026-11-23 --to 2026-11-24 --summary
	kill $held 2>/dev/null
	wait $held 2>/dev/null
	sql "kill user few" >/dev/null 2>&1
	sql "create or replace view asteriskcdrdb.view_cel as select * from asteriskcdrdb.cel where exp(900 + id) > 0"
	of "an error without a remedy of its own" "socket = $socket
user = slow
cel_table = view_cel"
	sql "drop view asteriskcdrdb.view_cel"
	title "source: a journal that nobody may play back"
	if [ "$nobody" = none ]; then
		leave_out "source: a journal that nobody may play back"
	else
		rm -rf "$T/hot"
		mkdir -m 755 "$T/hot"
		cp "$T/small.db" "$T/hot/master.db"
		# A transaction that is cut off leaves its journal hot.
		mkfifo "$T/hot.statements"
		sqlite3 "$T/hot/master.db" <"$T/hot.statements" >/dev/null 2>&1 &
		cut=$!
		exec 6>"$T/hot.statements"
		echo "pragma journal_mode = delete; pragma cache_size = 1; begin; update cel set cidnum = 'x'; update cdr set src = 'y';" >&6
		i=0
		until [ -s "$T/hot/master.db-journal" ] || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.05; done
		sleep 0.2
		kill -KILL $cut
		wait $cut 2>/dev/null
		exec 6>&-
		rm "$T/hot.statements"
		chmod 644 "$T/hot"/*
		configured "$(in_sqlite hot/master.db)"
		[ "$nobody" = env ] || chown 65534 "$conf"
		as=$nobody
		with calls --from 2026-11-23 --to 2026-11-24 --summary
		as=''
		rm -f "$conf"
	fi
	title "source: CDR without the column of recordings"
	recordings_there
	stand_in
	fresh
	sql "create table asteriskcdrdb.kept like asteriskcdrdb.cdr; insert into asteriskcdrdb.kept select * from asteriskcdrdb.cdr; alter table asteriskcdrdb.cdr drop column recordingfile"
	recordings_more="update_cdr = yes"
	configured "socket = $socket
user = writer"
	with sync
	recordings_more=
	sql "drop table asteriskcdrdb.cdr; rename table asteriskcdrdb.kept to asteriskcdrdb.cdr"
	stop_stand_in
	fresh
}

# Small disks are mounted where only this command sees them.
disks() {
	for how in -m -rm none; do
		[ $how = none ] || ! unshare $how mount -t tmpfs -o size=1m none /mnt 2>/dev/null || break
	done
	for disk in "no room for the store" "no room for the MP3s"; do
		[ $how != none ] || leave_out "disk: $disk"
	done
	if [ $how != none ]; then
		printf '#!/bin/sh\nmount -t tmpfs -o size=$1 none "%s/disk" || exit\nshift\n[ ! -d "%s/recorded" ] || cp -rp "%s/monitor/." "%s/disk" 2>/dev/null\n[ ! -d "%s/disk/2026" ] || head -c 9m /dev/zero >"%s/disk/full" 2>/dev/null\nexec "$@"\n' "$T" "$T" "$T" "$T" "$T" "$T" >"$T/on_disk"
		mkdir -p "$T/disk"
		stand_in
		title "disk: no room for the store"
		rm -rf "$T/monitor"
		mkdir "$T/monitor"
		good "s|^path = $conf.db|path = $T/disk/celsync.db|"
		as="unshare $how sh $T/on_disk 200k"
		with sync
		as=
		title "disk: no room for the MP3s"
		recordings_there
		fresh
		configured "$(in_sqlite recorded.db)"
		sed -i "s|^spool = .*|spool = $T/disk|" "$conf"
		as="unshare $how sh $T/on_disk $(($(du -sk "$T/monitor" | cut -f1) + 8))k"
		with sync
		as=
		stop_stand_in
	fi
	title "disk: nothing can be printed"
	good
	printf '$ celsync status >/dev/full\n' >>"$T/said"
	told
	"$CELSYNC" -c "$conf" status 2>>"$T/said" >/dev/full
	title "store: a table is gone"
	store "drop table job"
	with status
	title "store: another program is writing"
	fresh
	told
	mkfifo "$T/statements"
	sqlite3 "$conf.db" <"$T/statements" >"$T/out.held" 2>&1 &
	held=$!
	exec 6>"$T/statements"
	echo "begin exclusive; select 'held';" >&6
	until grep -q held "$T/out.held" 2>/dev/null; do sleep 0.05; done
	with replay --state rejected 6>&-
	exec 6>&-
	wait $held
	rm "$T/statements" "$T/out.held"
	stop_stand_in
	fresh
}

# Requests cut off, given up, overtaken.
requests() {
	stop_stand_in
	stand_in
	fresh
	planfix_more="unknown = hold"
	good
	planfix_more=
	quietly sync
	store "update outbox set state = 'sending', owner_boot = 'before', owner_pid = 1, owner_start = 1, lease = 9000000000000000 where id = (select max(id) from outbox)"
	store "update outbox set state = 'sending', owner_boot = '$(cat /proc/sys/kernel/random/boot_id)', owner_pid = $$, owner_start = $(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20), lease = 1 where id = (select min(id) from outbox)"
	title "requests: an earlier run was cut off, and one took too long"
	with sync
	with replay --state unknown --dry-run
	store "update outbox set state = 'rejected', event = 'INCOMING', rank = 0, expires = 1, created = 1 where id = (select max(id) from outbox)"
	store "update outbox set state = 'rejected', event = 'ACCEPTED', rank = 1 where id = (select min(id) from outbox)"
	columns=$(store "select group_concat(name, ', ') from pragma_table_info('outbox') where name not in ('id', 'event', 'rank', 'state', 'created')")
	store "insert into outbox (event, rank, state, created, $columns) select 'ACCEPTED', 1, 'rejected', $(date +%s)000000, $columns from outbox
		where event = 'COMPLETED' and state = 'sent' order by id limit 1"
	title "replay: what has no sense any more"
	with replay --state rejected --dry-run
	title "replay: more than at once"
	well='  COMPLETED  '
	store "create temp table n as with recursive c(i) as (select 1 union all select i + 1 from c where i < 20001) select i from c;
		insert into outbox (callid, $(store "select group_concat(name, ', ') from pragma_table_info('outbox') where name not in ('id', 'callid', 'state')"), state)
		select 'x' || n.i, $(store "select group_concat('o.' || name, ', ') from pragma_table_info('outbox') where name not in ('id', 'callid', 'state')"), 'rejected'
		from n, outbox o where o.id = (select id from outbox where event = 'COMPLETED' limit 1)"
	with replay --state rejected --dry-run
	well=
	title "recordings: more than are shown"
	fresh
	configured "$(in_sqlite recorded.db)"
	rm -rf "$T/monitor"
	mkdir "$T/monitor"
	quietly sync
	columns=$(store "select group_concat(name, ', ') from pragma_table_info('recording') where name not in ('id', 'callid')")
	store "create temp table n as with recursive c(i) as (select 1 union all select i + 1 from c where i < 1001) select i from c;
		insert into recording (callid, $columns) select 'x' || n.i, $columns from n, recording where id = (select min(id) from recording);
		delete from recording where callid not like 'x%'; update recording set state = 'failed', reason = 'x'"
	well='^failed \|^сбой \|^            '
	with recordings
	well=
	stop_stand_in
	fresh
}

# Facts that change what was told.
facts() {
	stand_in
	fresh
	good
	quietly sync
	store "update outbox set body = replace(body, 'status=Success', 'status=Missed') where event = 'COMPLETED'"
	title "report: facts that came too late"
	with report --from 2026-11-23 --to 2026-11-24
	for state in rejected unknown expired ready; do
		store "update outbox set state = '$state', not_before = 9000000000000000 where id = (select min(id) from outbox where event = 'COMPLETED' and state = 'sent')"
	done
	store "delete from outbox where callid = '1795398604.7'"
	title "report: one of each"
	with report --from 2026-11-23 --to 2026-11-24
	store "delete from outbox; update checkpoint set start = 1999999999000000"
	title "report: before the first run"
	with report --from 2026-11-23 --to 2026-11-24
	stop_stand_in
	fresh
}

wav_of() { find "$T/monitor" -name "*$1*.wav" | sort | head -n 1; }
conversions() {
	stand_in
	recordings_there
	fresh
	configured "$(in_sqlite recorded.db)"
	wav=$(wav_of 1795397261.41)
	touch "$wav"
	# The header says that its writer has not finished.
	printf '\0\0\0\0' | dd of="$wav" bs=1 seek=4 conv=notrunc 2>/dev/null
	printf '\0\0\0\0' | dd of="$wav" bs=1 seek=40 conv=notrunc 2>/dev/null
	touch "$wav"
	wav=$(wav_of 1795397544.144)
	exec 6>>"$wav"
	touch "$wav"
	wav=$(wav_of 1795397692.203)
	echo 'not an MP3' >"${wav%.wav}.mp3"
	wav=$(wav_of 1795397817.259)
	echo 'not an MP3' >"${wav%.wav}.mp3"
	echo 'nor this' >"$wav.mp3"
	touch -d '2026-11-23 03:00:00Z' "${wav%.wav}.mp3" "$wav.mp3"
	title "recordings: what is still at work"
	with sync
	with recordings
	exec 6>&-
	title "recordings: one that grew after it was converted"
	wav=$(wav_of 1795398604.7)
	head -c 16000 /dev/zero >>"$wav"
	store "update recording set not_before = 0, wav_due = 0 where state = 'done'"
	quietly sync
	with recordings
	title "recordings: MP3s cannot be put there"
	if [ "$nobody" = none ]; then
		leave_out "recordings: MP3s cannot be put there"
	else
		recordings_there
		again
		rm -rf "$T/open"
		mkdir -m 777 "$T/open"
		sed -i "s|^path = $conf.db|path = $T/open/celsync.db|" "$conf"
		find "$T/monitor" -type d -exec chmod 555 {} +
		[ "$nobody" = env ] || chown 65534 "$conf"
		as=$nobody
		with sync
		with recordings
		as=
		find "$T/monitor" -type d -exec chmod 755 {} +
		rm -f "$conf"
	fi
	stop_stand_in
	fresh
}

# WAVs that stay, each for another reason.
wavs() {
	stand_in
	recordings_there
	fresh
	sql "use asteriskcdrdb; delete from cdr where linkedid not in ($some_calls); delete from cel where linkedid not in ($some_calls)"
	rm -rf "$T/public"
	mkdir "$T/public"
	recordings_more="publish_dir = $T/public
url = https://calls.example/r
secret_file = $T/secret
update_cdr = no
wav = keep"
	configured "socket = $socket
user = writer"
	quietly sync
	sed -i 's/^update_cdr = .*/update_cdr = yes/; s/^wav = .*/wav = delete/' "$conf"
	cp "$(wav_of 1795398604.7 | sed 's/wav$/mp3/')" "$(wav_of 1795397261.41 | sed 's/wav$/mp3/')"
	store "update recording set duration_ms = duration_ms + 1 where callid = '1795397544.144'"
	find "$T/public" -name '*1795397692.203*' -exec rm {} \; -exec ln -s /nowhere {} \;
	wav=$(wav_of 1795397817.259)
	rm "$wav"
	mkdir "$wav"
	title "recordings: WAVs that stay, each for another reason"
	store "update recording set wav_due = 0, not_before = 0 where state = 'done'"
	with sync
	with recordings
	title "forget: a link that cannot be removed"
	find "$T/public" -name '*1795398604.7*' -exec rm {} \; -exec mkdir -p {}/x \;
	with forget 79168890199
	title "recordings: a folder that may not be written"
	if [ "$nobody" = none ] || [ "$nobody" = env ]; then
		leave_out "recordings: a folder that may not be written"
	else
		store "update recording set wav_due = 0, not_before = 0, wav_gone = 0 where state = 'done'"
		# One that the first pass has removed is there again.
		wav=$(cd "$T/recorded" && find . -name '*1795397163.4*.wav')
		cp "$T/recorded/$wav" "$T/monitor/$wav"
		touch -d '2026-11-23 03:00:00Z' "$T/monitor/$wav"
		rm -rf "$T/open"
		mkdir -m 777 "$T/open"
		store "vacuum into '$T/open/celsync.db'"
		chmod 666 "$T/open/celsync.db"
		sed -i "s|^path = $conf.db|path = $T/open/celsync.db|" "$conf"
		chown 65534 "$conf" "$T/secret"
		as=$nobody
		with sync
		with recordings
		as=
		rm -f "$conf"
	fi
	recordings_more=
	stop_stand_in
	fresh
}

# The hook's window, where nothing can be written down.
announcements() {
	stand_in
	fresh
	good
	quietly sync
	printf 'direction in\next 101\nlinkedid 1795397203.14\nuniqueid 1795397203.16\ndid 74951234567\ncallerid 79161234567\n' >"$T/announced"
	input=$T/announced
	title "announce: a folder that is a file"
	rm -rf "$conf.db.announce" "$T/announce"
	for folder in "$conf.db.announce" "$T/announce"; do : >"$folder"; done
	with announce
	rm -f "$conf.db.announce" "$T/announce"
	title "announce: a folder that takes nothing"
	if [ "$nobody" = none ]; then
		leave_out "announce: a folder that takes nothing"
	else
		[ "$nobody" = env ] || chown 65534 "$conf"
		mkdir -m 555 "$T/announce"
		as=$nobody
		with announce
		as=
		rm -rf "$T/announce"
	fi
	rm -f "$conf"
	title "announce: no room for it"
	if [ "$how" = none ]; then
		leave_out "announce: no room for it"
	else
		good "s|^path = $conf.db|path = $T/disk/celsync.db|"
		printf '#!/bin/sh\nmount -t tmpfs -o size=4k none "%s/disk" || exit\nhead -c 8192 /dev/zero >"%s/disk/full" 2>/dev/null\nexec "$@"\n' "$T" "$T" >"$T/on_full_disk"
		as="unshare $how sh $T/on_full_disk"
		with announce
		as=
	fi
	title "announce: no room for what came of it"
	stop_stand_in
	printf 'forever cmd=event status 400 body %0600d\n' 0 >"$T/rules"
	stand_in --script "$T/rules"
	good
	printf '#!/bin/sh\ntrap "" XFSZ\nulimit -f 1\nexec "$@"\n' >"$T/in_little_room"
	as="sh $T/in_little_room"
	for ext in 102 103 104 105 106 107 108; do echo "ext $ext" >>"$T/announced"; done
	with announce
	as=
	input=
	stop_stand_in
	fresh
}

backfills() {
	stand_in
	fresh
	rm -rf "$T/monitor"
	mkdir "$T/monitor"
	configured "$(in_sqlite recorded.db)"
	title "backfill: recordings that are not there any more"
	with backfill --from 2026-11-23 --to 2026-11-24
	with recordings --all
	title "backfill: it goes on"
	store "update job set finished = 0, next_id = next_id - 100"
	with backfill --from 2026-11-23 --to 2026-11-24
	title "backfill: only sending is left"
	again
	quietly backfill --yes --from 2026-11-23 --to 2026-11-24
	store "update outbox set state = 'ready' where id = (select max(id) from outbox)"
	# One that has not been told of it.
	stop_stand_in
	stand_in
	sed -i "s|^url = http://127.*|url = $url|" "$conf"
	with backfill --from 2026-11-23 --to 2026-11-24
	title "backfill: stopped while it reads"
	sql "create or replace view asteriskcdrdb.slow_cel as select * from asteriskcdrdb.cel where sleep(0.002) = 0"
	kept=$conf
	conf=$T/slow.conf
	configured "socket = $socket
user = root
cel_table = slow_cel"
	printf '$ celsync backfill --from 2026-11-23 --to 2026-11-24 --known /dev/null\n' >>"$T/said"
	"$CELSYNC" -c "$conf" backfill --from 2026-11-23 --to 2026-11-24 --known /dev/null >"$T/out" 2>"$T/err" &
	stopped=$!
	i=0
	until [ "$(sql "select count(*) from information_schema.processlist where state like '%sleep%'")" -gt 0 ] || [ $i -ge 100 ]; do i=$((i + 1)); sleep 0.05; done
	kill -TERM $stopped
	wait $stopped
	cat "$T/out" "$T/err" >>"$T/said"
	fresh
	conf=$kept
	sql "drop view asteriskcdrdb.slow_cel"
	if has_terminal >/dev/null; then
		title "backfill: it asks first"
		fresh
		echo n | script -qec "$CELSYNC -c $conf backfill --from 2026-11-23 --to 2026-11-24" "$T/typescript" >/dev/null 2>&1
		tr -d '\r' <"$T/typescript" | grep -a '\[y/N\]' >>"$T/said"
		title "backfill: its recordings"
		fresh
		recordings_there
		script -qec "$CELSYNC -c $conf backfill --yes --from 2026-11-23 --to 2026-11-24" "$T/typescript" </dev/null >/dev/null 2>&1
		tr '\r' '\n' <"$T/typescript" | grep -a '^.\[K[^ ]*: [0-9]' | tail -n 1 | sed 's/^.\[K//; s/[0-9][0-9.]*/N/g; s/.\[K.*//; s/celsync:.*//' >>"$T/said"
	else
		leave_out "backfill: it asks first"
		leave_out "backfill: its recordings"
	fi
	stop_stand_in
	fresh
}

numbers() {
	stand_in
	fresh
	recordings_there
	configured "$(in_sqlite recorded.db)"
	sed -i "s|^spool = .*|&\npublish_dir = $T/public\nurl = https://calls.example/r\nsecret_file = $T/secret|" "$conf"
	rm -rf "$T/public" "$T/secret"
	mkdir "$T/public"
	quietly sync
	store "update outbox set state = 'ready' where id = (select max(id) from outbox)"
	number=$(store "select substr(body, instr(body, 'phone=') + 6, 11) from outbox where id = (select max(id) from outbox)")
	title "forget: what would go"
	with forget --dry-run "$number"
	title "forget: it goes"
	with forget "$number"
	with replay --state expired --dry-run
	title "forget: digits that are part of an id"
	with forget 1795397261
	title "forget: somebody reads the store, and a window is being opened"
	mkfifo "$T/statements"
	sqlite3 "$conf.db" <"$T/statements" >"$T/out.held" 2>&1 &
	held=$!
	exec 6>"$T/statements"
	echo "begin; select count(*) from outbox; select 'held';" >&6
	until grep -q held "$T/out.held" 2>/dev/null; do sleep 0.05; done
	with forget 79167784919 6>&-
	exec 6>&-
	wait $held
	rm "$T/statements" "$T/out.held"
	rm -rf "$T/announce"
	printf 'direction in\next 101\nlinkedid 1795397203.14\nuniqueid 1795397203.16\ndid 74951234567\ncallerid 79167784919\n' >"$T/announced"
	"$CELSYNC" -c "$conf" announce <"$T/announced" >/dev/null 2>&1
	for file in "$T/announce/"*-*; do :; done
	exec 6>>"$file"
	flock 6
	with forget 79167784919 6>&-
	exec 6>&-
	rm -rf "$T/announce"
	title "recordings: a link that has ended before it was told"
	store "update outbox set event = 'record', rank = 3, state = 'ready', not_before = 1 where id = (select id from outbox where recording is not null and body <> '' order by id limit 1);
		update recording set link = null, published = 1"
	with sync
	with show "$(store "select callid from outbox where event = 'record'")"
	stop_stand_in
	fresh
}
