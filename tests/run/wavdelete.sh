#!/bin/sh
# `update_cdr` and `wav = delete` against a real MariaDB, as a user who may change one column: CDR and its copies name the MP3, only then
# the WAV goes, late rows are repaired, and whatever is in doubt stays.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

DAY=$T/monitor/2026/11/23
sql() { mariadb --no-defaults -S "$socket" -uroot -N -B --default-character-set=utf8mb4 asteriskcdrdb -e "$1"; }
store() { sqlite3 -cmd '.timeout 5000' "$T/$1.conf.db" "$2"; }
wavs() { find "$T/monitor" -name '*.wav' | wc -l; }
pass() { # NAME: one pass, $status
	"$CELSYNC" -c "$T/$1.conf" sync 2>"$T/$1.err"
	status=$?
}
make_due() { store "$1" "update recording set wav_due = 0, not_before = 0 where state = 'done'"; }
fresh() { # NAME USER SETTINGS: recordings, rows and store as on the first day
	rm -rf "$T/monitor" "$T/public"
	cp -rp "$CAPTURE/monitor" "$T/monitor"
	find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
	sql "update cdr join cdr_was using (calldate, uniqueid, sequence) set cdr.recordingfile = cdr_was.recordingfile;
		delete from cdr where uniqueid = 'late'; delete from transient_cdr; insert into transient_cdr select * from cdr;
		delete from replicate_cdr; insert into replicate_cdr select * from cdr"
	recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret
$3"
	planfix "$1"
	config "$T/$1.conf" "driver = mariadb
socket = $socket
user = $2"
}

database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
sql "create table cdr_was select * from cdr; create table transient_cdr engine = MyISAM select * from cdr;
	create table replicate_cdr select * from cdr;
	create user reader@localhost; grant select on asteriskcdrdb.* to reader@localhost;
	create user writer@localhost; grant select on asteriskcdrdb.* to writer@localhost;
	grant update (recordingfile) on asteriskcdrdb.cdr to writer@localhost;
	grant update (recordingfile) on asteriskcdrdb.transient_cdr to writer@localhost;
	grant update (recordingfile) on asteriskcdrdb.replicate_cdr to writer@localhost"

# By default nothing is written and nothing goes.
fresh keep reader ""
all=$(wavs)
pass keep
is "wav = keep: ends with 0" $status 0
is "every WAV stays" "$(wavs)" "$all"
is "no row of CDR names an MP3" "$(sql "select count(*) from cdr where recordingfile like '%.mp3'")" 0

# A user who may not write: it is said, with the remedy, and nothing goes.
sed -i 's/^secret_file/update_cdr = yes\nwav = delete\n&/' "$T/keep.conf"
pass keep
is "without the right to UPDATE: 69" $status 69
grep -q 'UPDATE (recordingfile)' "$T/keep.err"
ok "and the remedy is named" $? "$T/keep.err"
is "no WAV goes" "$(wavs)" "$all"

# update_cdr alone.
sed -i '/^wav = /d; s/^user = .*/user = writer/' "$T/keep.conf"
sql "select * from cdr order by calldate, uniqueid, sequence, recordingfile" | sed 's/\.wav//g' >"$T/before"
pass keep
is "update_cdr: ends with 0" $status 0
is "every WAV stays" "$(wavs)" "$all"
missing=$(sql "select distinct recordingfile from cdr where recordingfile <> ''" | while read -r f; do
	[ "$(stat -c %s "$DAY/$f" 2>/dev/null || echo 0)" -ge 44 ] || echo "$f"
done)
is "whatever CDR names is there for FreePBX to play" "$missing" ""
is "more than a hundred rows name an MP3" "$([ "$(sql "select count(*) from cdr where recordingfile like '%.mp3'")" -gt 100 ] && echo yes)" yes
sql "select * from cdr order by calldate, uniqueid, sequence, recordingfile" | sed 's/\.mp3//g; s/\.wav//g' >"$T/after"
diff "$T/before" "$T/after" >"$T/diff"
ok "nothing else in CDR changed" $? "$T/diff"
for copy in transient_cdr replicate_cdr; do
	is "$copy names the same" "$(sql "select count(*) from (select calldate, uniqueid, sequence, recordingfile from cdr except
		select calldate, uniqueid, sequence, recordingfile from $copy) d")" 0
done
planfix_stop

# wav = delete: only what CDR names by its MP3 goes at once.
fresh gone writer "update_cdr = yes
wav = delete"
# A recording that only CDR names goes by its new name.
calls() { "$CELSYNC" -c "$T/gone.conf" calls --from 2026-11-22 --to 2026-11-25 --json | sed 's/\.mp3"/.wav"/g'; }
calls >"$T/calls.before"
find "$T/monitor" -name '*.wav' -printf '%f\n' | sort >"$T/wavs.before"
pass gone
is "wav = delete: ends with 0" $status 0
find "$T/monitor" -name '*.wav' -printf '%f\n' | sort >"$T/wavs.after"
comm -23 "$T/wavs.before" "$T/wavs.after" >"$T/removed"
is "more than a hundred WAVs went" "$([ "$(wc -l <"$T/removed")" -gt 100 ] && echo yes)" yes
sql "select distinct recordingfile from cdr" >"$T/names"
while read -r wav; do
	mp3=${wav%.wav}.mp3
	[ "$(mpg123 -q -s "$DAY/$mp3" 2>/dev/null | wc -c)" -eq $(($(stat -c %s "$CAPTURE/monitor/2026/11/23/$wav") - 44)) ] || echo "$wav: no MP3 as long"
	grep -qxF "$mp3" "$T/names" || echo "$wav: CDR does not name its MP3"
	! grep -qxF "$wav" "$T/names" || echo "$wav: CDR names it still"
done <"$T/removed" >"$T/wrong"
is "each has an MP3 as long to the sample, which CDR names" "$(cat "$T/wrong")" ""
is "the store knows which" "$(store gone 'select distinct file from recording where wav_gone > 0 order by 1' | LC_ALL=C sort)" "$(LC_ALL=C sort "$T/removed")"
is "nothing hidden is left" "$(find "$T/monitor" -name '.*' -type f)" ""
links=$(grep -o '"record_link":"[^"]*"' "$T/gone.log" | cut -d'"' -f4 | sed 's|.*/r/||; s/%2B/+/g' | while read -r l; do [ -s "$T/public/$l" ] || echo "$l"; done)
is "every link that was sent leads to a file" "$links" ""
calls >"$T/calls.after"
diff "$T/calls.before" "$T/calls.after" >"$T/diff"
ok "the calls are rebuilt as before" $? "$T/diff"
pass gone
is "a second pass ends with 0" $status 0
is "and says nothing" "$(cat "$T/gone.err")" ""

# Those that no row ever named wait a day.
is "some are named by no row" "$(store gone "select count(*) > 0 from recording where state = 'done' and wav_gone = 0")" 1
store gone "update recording set since = since - 90000000000, call_ended = call_ended - 90000000000"
make_due gone
pass gone
is "after a day they go as well" "$(store gone "select count(*) from recording where state = 'done' and wav_gone = 0")" 0
is "what is no recording stays" "$(wavs)" "$(store gone "select count(distinct path) from recording where state = 'none'" |
	awk -v n="$(store gone "select count(distinct path) from recording")" -v a="$all" '{ print a - n + $1 }')"

# A CDR row that comes late with the old name; one that gives a path; and one that differs in case only.
wav=$(head -n 1 "$T/removed")
mp3=${wav%.wav}.mp3
columns="calldate, clid, src, dst, dcontext, channel, uniqueid, sequence, recordingfile"
late() { sql "insert into $1 ($columns) select calldate, clid, src, dst, dcontext, channel, 'late', $2, '$3' from cdr_was where recordingfile = '$wav' limit 1"; }
late cdr 1 "$wav"
late transient_cdr 1 "$wav"
late cdr 2 "2026/11/23/$wav"
late cdr 3 "$DAY/$wav"
late cdr 4 "${wav%.wav}.WAV"
make_due gone
pass gone
is "late rows are repaired" "$(sql "select recordingfile from cdr where uniqueid = 'late' order by sequence")" "$mp3
2026/11/23/$mp3
$DAY/$mp3
${wav%.wav}.WAV"
is "in the copy, too" "$(sql "select recordingfile from transient_cdr where uniqueid = 'late'")" "$mp3"
planfix_stop

# What is in doubt stays. Everything is converted first, with WAVs kept.
fresh doubt writer "update_cdr = yes"
pass doubt
sed -i 's/^update_cdr/wav = delete\n&/' "$T/doubt.conf"
pick() { sed -n "$1p" "$T/removed"; }
stem() { pick "$1" | sed 's/\.wav$//'; }
head -c 3000 "$DAY/$(stem 1).mp3" >"$T/half" && cat "$T/half" >"$DAY/$(stem 1).mp3"  # the MP3 was cut
rm -r "$T/public/$(store doubt "select link from recording where file = '$(pick 2)' limit 1" | cut -d/ -f5)" # the link is gone
head -c 1600 /dev/zero >>"$DAY/$(pick 3)"                                               # grew, not looked at yet
exec 8>>"$DAY/$(pick 4)"                                                                # somebody writes
store doubt "insert into recording (callid, file, path, state, since, not_before, call_ended, source_size, source_mtime, duration_ms, attempts)
	select 'another', file, path, 'waiting', since, 1 << 62, call_ended, 0, 0, 0, 0 from recording where file = '$(pick 5)' limit 1"
store doubt "update recording set call_ended = since + 3600000000 where file = '$(pick 6)'"                # the call ended just now
rm "$DAY/$(stem 7).mp3"                                                                 # no MP3 at all
store doubt "update recording set wav_due = 0; update recording set not_before = 1 << 62 where state = 'done'"
pass doubt
for n in 1 2 3 4 5 6 7; do
	why=$(sed -n "${n}p" <<END
a damaged MP3
a broken link
it has grown
somebody writes
another call waits for it
the call ended just now
no MP3
END
)
	[ -e "$DAY/$(pick $n)" ]
	ok "stays: $why" $? "$T/doubt.err"
done
[ ! -e "$DAY/$(pick 8)" ]
ok "others go" $? "$T/doubt.err"
grep -q 'WAVs\{0,1\} stays\{0,1\}:' "$T/doubt.err"
ok "that some stay is said" $? "$T/doubt.err"
"$CELSYNC" -c "$T/doubt.conf" recordings >"$T/list"
is "and listed, with the reason" "$(grep -A1 "$(stem 1)\|$(stem 2)\|$(stem 7)" "$T/list" | grep -c 'the WAV stays')" 3
exec 8>&-

# What has grown is converted again and goes then.
make_due doubt
find "$DAY" -name "$(stem 3).wav" -exec touch -d '2026-11-23 03:30:00Z' {} +
pass doubt
[ ! -e "$DAY/$(pick 3)" ]
ok "what had grown goes once its MP3 was made anew" $? "$T/doubt.err"
is "with all it holds" "$(mpg123 -q -s "$DAY/$(stem 3).mp3" 2>/dev/null | wc -c)" \
	"$(($(stat -c %s "$CAPTURE/monitor/2026/11/23/$(pick 3)") - 44 + 1600))"
[ ! -e "$DAY/$(pick 4)" ]
ok "what was being written goes when nobody writes any more" $? "$T/doubt.err"

# Killed after the WAV was set aside, and after it was gone: the next pass finishes.
for n in 9 10; do
	cp -p "$CAPTURE/monitor/2026/11/23/$(pick $n)" "$T/again.wav"
	store doubt "update recording set wav_gone = 0, wav_due = 0 where file = '$(pick $n)'"
done
mv "$T/again.wav" "$DAY/.$(pick 9).celsync-gone"
pass doubt
is "a pass after such a run ends with 0" "$(grep -c error "$T/doubt.err")" 0
is "nothing hidden is left" "$(find "$DAY" -name '.*' -type f)" ""
is "both are known as gone" "$(store doubt "select count(*) from recording where wav_gone = 0 and file in ('$(pick 9)', '$(pick 10)')")" 0
planfix_stop

# Asterisk's own SQLite files are never written.
config "$T/sqlite.conf" "driver = sqlite
path = $CAPTURE/master.db"
sed -i 's/^spool/update_cdr = yes\n&/' "$T/sqlite.conf"
"$CELSYNC" -c "$T/sqlite.conf" sync 2>"$T/sqlite.err"
is "SQLite with update_cdr: 78" $? 78
grep -q 'update_cdr' "$T/sqlite.err"
ok "and the key is named" $? "$T/sqlite.err"
done_testing
