# Recordings, calls and what became of them; sourced by provoke.sh.
# shellcheck shell=sh disable=SC2154,SC2034 # variables of tests/lib/tap.sh and tests/run/messages.sh

# MP3s of others, links of others: the WAV stays.
wavs_stay() {
	title "recordings: WAVs that stay"
	recordings_there
	stand_in
	fresh
	reset_cdr
	recordings_more="update_cdr = no
wav = keep"
	configured "socket = $socket
user = writer"
	quietly sync
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
	recordings_there
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
	configured "$(in_sqlite fresh.db)"
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
	quietly sync
	title "recordings: some are awaited"
	with recordings
	again
	recordings_there
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
