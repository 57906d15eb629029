#!/bin/sh
# What the machine itself can do to a pass: no room for the store, for MP3s or for the log, a read-only file system, a damaged store, one of
# another version, a clock that is set, signals, several runs at once. Each time: the exit code, what is said, and afterwards the promise.
# Small file systems are mounted in a namespace that ends with this script; where that is not allowed those parts are left out.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
if [ -z "${MOUNTS:-}" ]; then
	for how in -m -rm; do
		unshare $how mount -t tmpfs -o size=1m none /mnt 2>/dev/null && MOUNTS=yes exec unshare $how env MOUNTS=yes sh "$0"
	done
	MOUNTS=no
fi
[ ! -w /dev/shm ] || TMPDIR=${TMPDIR:-/dev/shm}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/cut.sh"
# shellcheck disable=SC2046
[ "$MOUNTS" = no ] || trap 'umount -l $(cat "$T/mounted") 2>/dev/null; cleanup' EXIT
: >"$T/mounted"
[ "$MOUNTS" = yes ] || echo "# left out: no file system may be mounted here"
case ${ASAN_OPTIONS:-} in *verify_asan*) ;; ?*) export ASAN_OPTIONS="$ASAN_OPTIONS:verify_asan_link_order=0" ;; esac

cut_capture
cut_to_now
cut_recordings "$T/spool"
config "$T/dry.conf" "driver = sqlite
path = $T/small.db"
sed -i "s/^settle = .*/settle = 10 ms/; s/^\[planfix\]/&\npopup_max_age = 1 d/" "$T/dry.conf"
"$CELSYNC" -c "$T/dry.conf" sync --dry-run | sed 's/.*"event":"\([A-Z]*\)".*"ext":"\([0-9]*\)","callid":"\([^"]*\)".*/\3 \2 \1/' | sort >"$T/wanted"
n=$(wc -l <"$T/wanted")
is "there is something to tell" "$([ "$n" -gt 20 ] && echo yes)" yes

# world NAME [OPTION ...]: a stand-in, a spool, and a store in a folder of its own.
world() {
	world=$1
	shift
	planfix "$world" "$@"
	mkdir -p "$T/$world.store"
	cp -r "$T/spool" "$T/monitor"
	config "$T/$world.conf" "driver = sqlite
path = ${source:-$T/small.db}"
	sed -i "s/^settle = .*/settle = 10 ms/; s|^path = .*conf.db\$|path = $T/$world.store/db|; s/^\[planfix\]/&\npopup_max_age = 1 d/" "$T/$world.conf"
}
# small FOLDER SIZE: a file system of its own there.
small() {
	mount -t tmpfs -o size="$2" none "$1"
	echo "$1" >>"$T/mounted"
}
sync() {
	"$CELSYNC" -c "$T/$world.conf" sync >"$T/$world.out" 2>"$T/$world.said"
	status=$?
}
sql() { sqlite3 "$T/$world.store/db" "$1"; }
told() { sed -n 's/.*"event":"\([A-Z]*\)".*"ext":"\([0-9]*\)","callid":"\([^"]*\)".*"accepted":true.*/\3 \2 \1/p' "$T/$world.log" 2>/dev/null | sort; }
said() { grep -q -- "$1" "$T/$world.said"; ok "$world: it says \"$1\"" $? "$T/$world.said"; }
arrived_once() {
	told >"$T/told"
	diff "$T/wanted" "$T/told" >"$T/diff"
	ok "$world: afterwards all of them arrived, each once" $? "$T/diff"
	is "$world: and nothing is left" "$(sql "select count(*) from outbox where state <> 'sent' and event <> 'record'")" 0
	planfix_stop
	ok "$world: the strict stand-in found no fault" $? "$T/$world.err"
	rm -rf "$T/monitor"
}

if [ "$MOUNTS" = yes ]; then
	# No room for the store. Tried: errors of the store as exit 1 in app_exit_code().
	world "full"
	small "$T/full.store" 2m
	head -c 2m /dev/zero >"$T/full.store/filler" 2>/dev/null
	sync
	is "full: ends with 73" $status 73
	said "disk is full"
	said "Make room"
	is "full: nothing was told" "$(told)" ""
	rm "$T/full.store/filler"
	sync
	is "full: there is room again: 0" $status 0
	arrived_once

	# It fills up on the way, at every size. Tried: errors of the store as exit 1 in app_exit_code().
	for room in 4 64 128 192 224 256; do
		world "room $room" --repeats any
		small "$T/$world.store" 4m
		head -c $((4096 - room))k /dev/zero >"$T/$world.store/filler"
		sync
		echo "$status" >>"$T/statuses"
		rm "$T/$world.store/filler"
		sync
		sync
		told | uniq >"$T/told"
		diff "$T/wanted" "$T/told" >"$T/$world.diff" && [ $status = 0 ]
		good=$?
		sql "select callid || ' ' || ext || ' ' || event from outbox where lost > 0" | sort >"$T/lost"
		[ -z "$(told | uniq -d | comm -23 - "$T/lost")" ] || good=1
		[ $good = 0 ] || { echo "$room KiB: $(cat "$T/$world.diff" "$T/$world.said")" >>"$T/full.wrong"; }
		planfix_stop
		umount "$T/$world.store"
		rm -rf "$T/monitor"
	done
	is "wherever the disk was full, all arrived afterwards, and twice only what is noted as lost" "$(cat "$T/full.wrong" 2>/dev/null)" ""
	is "the disk was full on the way: 73, several times" "$([ "$(grep -c 73 "$T/statuses")" -ge 3 ] && echo yes)" yes
	is "and no other exit code but 0" "$(grep -vx '73\|0' "$T/statuses")" ""

	# No room for MP3s: the calls are told, the links follow.
	world spool
	mkdir "$T/kept"
	mv "$T/monitor" "$T/kept/spool"
	mkdir "$T/monitor"
	small "$T/monitor" 8m
	cp -r "$T/kept/spool/." "$T/monitor"
	head -c 8m /dev/zero >"$T/monitor/filler" 2>/dev/null
	sync
	is "spool: no room for MP3s: ends with 1" $status 1
	said "No space left"
	is "spool: and the calls are told all the same" "$(told | diff - "$T/wanted")" ""
	is "spool: no half MP3 is left" "$(find "$T/monitor" -name '*.mp3' -o -name '.*.tmp' -o -name '.*mp3*')" ""
	rm "$T/monitor/filler"
	sql "update recording set not_before = 0 where state = 'waiting'"
	sync
	is "spool: there is room again: 0" $status 0
	is "spool: and the MP3s are made" "$([ "$(find "$T/monitor" -name '*.mp3' | wc -l)" -gt 5 ] && echo yes)" yes
	umount "$T/monitor"
	arrived_once

	# A read-only file system. Tried: the same.
	world readonly
	small "$T/readonly.store" 4m
	sync
	mount -o remount,ro "$T/readonly.store"
	source=$T/small.db
	sync
	is "readonly: ends with 73" $status 73
	said "ead-only"
	mount -o remount,rw "$T/readonly.store"
	sync
	is "readonly: writable again: 0" $status 0
	arrived_once
fi

# The log is full: what it could not say is lost, the calls are not. Tried: finish_output() always content.
world log
"$CELSYNC" -v -c "$T/log.conf" sync >/dev/full 2>/dev/full
is "log: a pass whose messages find no room ends with 0" $? 0
arrived_once
world output
"$CELSYNC" -c "$T/output.conf" sync --dry-run >/dev/full 2>"$T/output.said"
is "output: a dry run whose requests find no room ends with 1" $? 1
said "could not be written"
sync
arrived_once

# A damaged store. Tried: kind_of() without SQLITE_CORRUPT.
world damaged
sync
told >"$T/told"
printf 'garbage garbage garbage' | dd of="$T/damaged.store/db" bs=1 seek=100 conv=notrunc 2>/dev/null
rm -f "$T"/damaged.store/db-*
sync
is "damaged: ends with 73" $status 73
said "Move the file aside"
said "celsync backfill"
is "damaged: nothing is told again" "$(told | diff - "$T/told")" ""
mkdir "$T/aside"
mv "$T"/damaged.store/db* "$T/aside"
sed -i '/^start = /d' "$T/damaged.conf"
sync
is "damaged: moved aside, and begun anew with now: 0" $status 0
arrived_once

# A store of another version. Tried: identify() without its test of user_version.
world newer
sync
sql "pragma user_version = 9999"
cp "$T/newer.store/db" "$T/newer.kept"
sync
is "newer: ends with 73" $status 73
said "later version"
cmp -s "$T/newer.kept" "$T/newer.store/db"
ok "newer: and the store is as it was" $?
sql "pragma user_version = $(find "$TOP/sql/store/migration" -name '*.sql' | wc -l)"
arrived_once
world older
sqlite3 "$T/older.store/db" <"$TOP/sql/store/migration/001.sql"
sql "pragma user_version = 1"
sync
is "older: a store of the first version is brought up to date: 0" "$status $(sql "pragma user_version")" "0 $(find "$TOP/sql/store/migration" -name '*.sql' | wc -l)"
arrived_once

# The clock is set: between two runs, and while one is at work. Half of the rows come in between.
if "${CC:-cc}" -shared -fPIC -D_GNU_SOURCE -O1 -o "$T/clock.so" "$TOP/tests/lib/clock.c" 2>"$T/cc"; then
	middle=$(sqlite3 "$T/small.db" "select AcctId from cel order by AcctId limit 1 offset (select count(*) / 2 from cel)")
	# feed FROM TO: rows with these ids, and the records of their calls.
	feed() {
		sqlite3 "$source" "attach '$T/small.db' as whole" "insert into cel select * from whole.cel where AcctId > $1 and AcctId <= $2" \
			"insert into cdr select * from whole.cdr where uniqueid in (select uniqueid from whole.cel where AcctId > $1 and AcctId <= $2) and
				AcctId not in (select AcctId from main.cdr)"
	}
	# set_clock NAME OFFSET-1 OFFSET-2 JUMP-2: half of the rows with the first, the rest with the second.
	set_clock() {
		source=$T/$1.rows
		sqlite3 "$T/small.db" .schema | sqlite3 "$source"
		world "$1"
		feed 0 "$middle"
		CLOCK_OFFSET=$2 LD_PRELOAD=$T/clock.so sync
		first=$status
		feed "$middle" 99999999
		CLOCK_OFFSET=$3 CLOCK_JUMP=$4 CLOCK_JUMP_AFTER=60 LD_PRELOAD=$T/clock.so sync
		is "$1: both passes end with 0" "$first $status" "0 0"
		# The clock is right again.
		sql "update outbox set not_before = 1 where state = 'ready'"
		sync
		sync
		is "$1: and so does the last" $status 0
		arrived_once
	}
	# An hour ahead while a few calls end, cut off before they are settled, then right, and nobody calls any more: they are told as if it had
	# always been right. Tried: checkpoint_clock_set_back() left out: they wait until the hour is over.
	later=$(sqlite3 "$T/small.db" "select AcctId from cel where AcctId > $middle and eventtype = 'LINKEDID_END' order by AcctId limit 1 offset 1")
	for ahead in 0 3600; do
		source=$T/night$ahead.rows
		sqlite3 "$T/small.db" .schema | sqlite3 "$source"
		world "night$ahead"
		feed 0 "$middle"
		sync
		feed "$middle" "$later"
		sed -i 's/^settle = .*/settle = 20 s/' "$T/$world.conf"
		CLOCK_OFFSET=$ahead LD_PRELOAD=$T/clock.so "$CELSYNC" -c "$T/$world.conf" sync 2>/dev/null &
		pids="$pids $!"
		i=0
		until [ "$(sql "select count(*) from checkpoint where cursor < $later and exists (select 1 from sighting where id = $later)")" = 1 ] || [ $i -gt 200 ]; do
			sleep 0.05
			i=$((i + 1))
		done
		kill -9 $! && wait $! 2>/dev/null
		sed -i 's/^settle = .*/settle = 10 ms/' "$T/$world.conf"
		sleep 0.1
		for i in 1 2; do
			sql "update outbox set not_before = 1 where state = 'ready'"
			sync
		done
		told >"$T/night$ahead.told"
		planfix_stop
		rm -rf "$T/monitor"
	done
	is "an hour ahead, then right, and no more rows: all is told" "$(diff "$T/night0.told" "$T/night3600.told")" ""
	set_clock "an hour ahead, then right" 3600 0 0
	set_clock "an hour behind, then right" -3600 0 0
	set_clock "right, then an hour ahead" 0 3600 0
	set_clock "right, then an hour behind" 0 -3600 0
	set_clock "set forth at work" 0 0 7200
	set_clock "set back at work" 0 0 -7200
	source=
else
	echo "# left out: no compiler for the clock"
fi

# SIGTERM and SIGINT at work: what is on its way is waited for, nothing else is begun. Tried: app_stop not looked at in deliver().
for signal in TERM INT; do
	world $signal --delay 1000
	"$CELSYNC" -c "$T/$signal.conf" sync 2>"$T/$signal.said" &
	pid=$!
	wait_for grep -q '"accepted":true' "$T/$signal.log"
	kill -$signal $pid
	wait $pid
	is "$signal: ends with 128 and its number" $? "$([ $signal = TERM ] && echo 143 || echo 130)"
	is "$signal: before all was told" "$([ "$(told | wc -l)" -lt "$n" ] && echo yes)" yes
	is "$signal: and no answer is lost" "$(sql "select count(*) from outbox where state in ('sending', 'unknown')")" 0
	sync
	arrived_once
done

# Many runs at once: one is at work, the others leave. Tried: lock_take() always LOCK_TAKEN.
world together
runs=
for _ in 1 2 3 4 5 6; do
	"$CELSYNC" -c "$T/together.conf" sync 2>>"$T/together.said" &
	runs="$runs $!"
done
statuses=
for run in $runs; do
	wait "$run"
	statuses="$statuses $?"
done
is "together: each of them ends with 0 or 75" "$(echo "$statuses" | tr ' ' '\n' | grep -vx '0\|75' | grep .)" ""
sync
arrived_once
done_testing
