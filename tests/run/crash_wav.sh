#!/bin/sh
# `wav = delete` stopped at every durable step: after each of them a WAV is there, or its whole MP3 is and CDR names it; and the next
# passes end in the same state as an undisturbed one. Steps are those of store/crash.h; CRASH_EVERY=K tries every Kth
# (make check: 6, make crash: 1).
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

DAY=$T/monitor/2026/11/23
sql() { mariadb --no-defaults -S "$socket" -uroot -N -B asteriskcdrdb -e "$1"; }
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
# Three calls with a recording, so that the steps are those of the recordings.
sql "create table keep as select uniqueid as id, recordingfile as file from cdr
	where recordingfile like 'external-10_-7916%' and billsec > 2 and disposition = 'ANSWERED' group by uniqueid order by calldate limit 3;
	delete from cel where linkedid not in (select id from keep); delete from cdr where uniqueid not in (select id from keep);
	create table cdr_was select * from cdr; create table transient_cdr select * from cdr"
files=$(sql 'select distinct file from keep')
planfix planfix --repeats any
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret
update_cdr = yes
wav = delete"
config "$T/c.conf" "driver = mariadb
socket = $socket
user = root"
sed -i 's/^settle = .*/settle = 0/' "$T/c.conf"

fresh() {
	rm -rf "$T/monitor" "$T/public" "$T"/c.conf.db*
	mkdir -p "$DAY"
	for f in $files; do
		cp "$CAPTURE/monitor/2026/11/23/$f" "$DAY/"
		touch -d '2026-11-23 03:00:00Z' "$DAY/$f"
	done
	sql "delete from cdr; insert into cdr select * from cdr_was; delete from transient_cdr; insert into transient_cdr select * from cdr_was"
}
# Whatever happened: nothing that was said is lost.
lost() {
	for f in $files; do
		[ -e "$DAY/$f" ] || [ -e "$DAY/.$f.celsync-gone" ] && continue
		m=${f%.wav}.mp3
		samples=$(mpg123 -q -s "$DAY/$m" 2>/dev/null | wc -c)
		[ "$samples" = $(($(stat -c %s "$CAPTURE/monitor/2026/11/23/$f") - 44)) ] || echo "step $1: $f is gone and its MP3 is not whole"
		[ "$(sql "select count(*) from cdr where recordingfile = '$m'")" -gt 0 ] || echo "step $1: $f is gone and CDR does not know"
	done
}
settle_down() {
	for round in 1 2; do
		"$CELSYNC" -c "$T/c.conf" sync 2>/dev/null
		sqlite3 -cmd '.timeout 5000' "$T/c.conf.db" "update recording set wav_due = 0 where state = 'done'"
	done
	"$CELSYNC" -c "$T/c.conf" sync 2>/dev/null
	: "$round"
}
state() {
	(cd "$T" && find monitor public -type f | sed 's|/[0-9a-f]\{32\}/|/KEY/|' | sort)
	sqlite3 "$T/c.conf.db" "select state, count(*), sum(wav_gone > 0), sum(link is not null) from recording group by 1"
	sql "select recordingfile from cdr union all select recordingfile from transient_cdr" | sort
}

fresh
settle_down
state >"$T/clean"
is "undisturbed, the WAVs are gone and CDR names the MP3s" "$(grep -c '\.wav$' "$T/clean")" 0
is "three MP3s, each behind its link" "$(grep -c '^public/.*\.mp3$' "$T/clean")" 3
n=1
tried=0
: >"$T/lost"
: >"$T/differ"
while :; do
	fresh
	CELSYNC_CRASH_AT=$n "$BUILD/tests/celsync-crash" -c "$T/c.conf" sync 2>/dev/null
	status=$?
	lost $n >>"$T/lost"
	[ $status = 99 ] || break
	settle_down
	lost $n >>"$T/lost"
	state >"$T/state"
	cmp -s "$T/clean" "$T/state" || { echo "step $n:"; diff "$T/clean" "$T/state"; } >>"$T/differ"
	tried=$((tried + 1))
	n=$((n + ${CRASH_EVERY:-6}))
done
is "nothing was lost at any step" "$(cat "$T/lost")" ""
ok "each time the end is the same" "$([ -s "$T/differ" ] && echo 1 || echo 0)" "$T/differ"
echo "# stopped at $tried steps"
[ "${CRASH_EVERY:-6}" -gt 1 ] || is "there were more than ten steps" "$([ $tried -gt 10 ] && echo yes)" yes
done_testing
