#!/bin/sh
# Recordings from end to end: every one of the truth ends as an MP3 of the same length behind the link of the right employee; one that
# grows, one that is late, broken ones; what `celsync recordings` says of them.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

state() { sqlite3 -cmd '.timeout 5000' "$1.db" "select state from recording where file = '$2' limit 1"; }
seconds() { mpg123 -q -s "$1" 2>/dev/null | wc -c | awk '{ printf "%.3f\n", $1 / 16000 }'; }
due() { sqlite3 -cmd '.timeout 5000' "$1.db" "update recording set not_before = 0 where state in ('waiting', 'done')"; }

cp -rp "$CAPTURE/monitor" "$T/monitor"
find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
planfix all
config "$T/all.conf" "driver = sqlite
path = $CAPTURE/master.db"
"$CELSYNC" -c "$T/all.conf" sync 2>"$T/all.err"
ok "sync ends with 0" $? "$T/all.err"
planfix_stop

# The truth: callid, file, seconds (0: a header only), of the calls that somebody is told of.
sqlite3 -separator ' ' :memory: "select json_extract(c.value, '\$.callid'), r.key, r.value
	from json_each(readfile('$CAPTURE/expect.json')) c, json_each(c.value, '\$.recordings') r
	where r.value is not null and json_extract(c.value, '\$.skip') is null" >"$T/truth"
sqlite3 -separator ' ' "$T/all.conf.db" "select callid, file, state, coalesce(mp3, '-'), coalesce(link, '-') from recording" >"$T/made"
is "the truth knows more than a hundred and fifty recordings" "$([ "$(wc -l <"$T/truth")" -gt 150 ] && echo yes)" yes
while read -r callid file wanted; do
	# shellcheck disable=SC2046
	set -- $(grep -F "$callid $file " "$T/made")
	if [ "$wanted" = 0 ] || [ "$wanted" = 0.0 ]; then
		[ "${3:-}" = none ] || echo "$callid $file: a header only, and is ${3:-not there}"
		continue
	fi
	[ "${3:-}" = "done" ] || { echo "$callid $file: ${3:-not there}"; continue; }
	got=$(seconds "$T/monitor/$4")
	echo "$wanted $got" | awk '{ d = $1 - $2; exit !(d <= 0.2 && d >= -0.2) }' || echo "$callid $file: $got s, not $wanted"
	samples=$(mpg123 -q -s "$T/monitor/$4" 2>/dev/null | wc -c)
	[ "$samples" -eq $(($(stat -c %s "$T/monitor/2026/11/23/$file") - 44)) ] || echo "$callid $file: $samples bytes of sound"
done <"$T/truth" >"$T/wrong"
is "every recording of the truth is an MP3 as long as it, to the sample, or none" "$(cat "$T/wrong")" ""

# Who got which: the file behind the link of an employee's COMPLETED is one of that call, is published, and covers the talk; where
# one was made for this employee's phone alone and covers the talk, it is that one.
sed -n 's/.*"event":"COMPLETED".*"ext":"\([^"]*\)","callid":"\([^"]*\)","duration":"\([0-9]*\)".*"record_link":"\([^"]*\)".*/\2 \1 \3 \4/p' \
	"$T/all.log" | sed 's/%2B/+/g' >"$T/links"
is "more than a hundred employees got a link" "$([ "$(wc -l <"$T/links")" -gt 100 ] && echo yes)" yes
while read -r callid ext talk link; do
	file=${link##*/}
	wav=${file%.mp3}.wav
	cmp -s "$T/public/${link#https://calls.example.com/r/}" "$T/monitor/2026/11/23/$file" || echo "$link: not the MP3"
	# Where the truth says which recordings the call has, it is one of them.
	! grep -qF "$callid " "$T/truth" || grep -qF "$callid $wav " "$T/truth" || echo "$callid $ext: $wav is not in the truth"
	grep -qF "$callid $wav " "$T/made" || echo "$callid $ext: $wav is not of this call"
	length=$(awk -v c="$callid" -v f="$wav" '$1 == c && $2 == f { print $3 }' "$T/truth")
	[ -n "$length" ] || continue # the truth does not say
	echo "$length $talk" | awk '{ exit !($1 >= $2 - 1.5) }' || echo "$callid $ext: talked $talk s, $wav has $length"
	awk -v c="$callid" -v e="$ext" -v t="$talk" -v w="$wav" -v l="$length" '
		$1 == c && $2 ~ "^external-" e "-" && $2 != w && $3 >= t - 1 && $3 < l - 2 { print c, e ": got", w, "though there is", $2 }' "$T/truth"
done <"$T/links" >"$T/wrong"
is "each employee's link leads to the recording of their own talk" "$(cat "$T/wrong")" ""
is "a key for each call and file" "$(awk '{ print $4 }' "$T/links" | cut -d/ -f5 | sort -u | wc -l)" \
	"$(awk '{ sub(".*/", "", $4); print $1, $4 }' "$T/links" | sort -u | wc -l)"

# A recording that grows after it was converted: made anew, behind the same link.
link=$(sed -n '1s/.* //p' "$T/links")
file=${link##*/}
wav=$T/monitor/2026/11/23/${file%.mp3}.wav
before=$(seconds "$T/public/${link#https://calls.example.com/r/}")
head -c 16000 /dev/zero >>"$wav"
touch -d '2026-11-23 03:10:00Z' "$wav"
due "$T/all.conf"
planfix again
sed -i "s|^url = http://127.*|url = $url|" "$T/all.conf"
"$CELSYNC" -c "$T/all.conf" sync 2>"$T/again.err"
is "a pass after it grew ends with 0" $? 0
is "the link holds a second more" "$(seconds "$T/public/${link#https://calls.example.com/r/}")" \
	"$(echo "$before" | awk '{ printf "%.3f", $1 + 1 }')"
is "nothing is sent again for it" "$(wc -l <"$T/again.log")" 0
planfix_stop

# Late, broken, never: a store of its own on the same calls.
rm -rf "$T/monitor" "$T/public"
mkdir -p "$T/monitor/2026/11/23"
one() { sed -n "$1p" "$T/broken.files"; }
awk '$3 > 1 { print $2 }' "$T/truth" | sort -u >"$T/broken.files"
cd "$T/monitor/2026/11/23" || exit 1
from=$CAPTURE/monitor/2026/11/23
head -c 20000 "$from/$(one 1)" >"$(one 1)"                     # cut off in the middle
head -c 5000 /dev/urandom | sed 's/^RIFF/riff/' >"$(one 2)"    # garbage
: >"$(one 3)"                                                  # 0 bytes
mkdir "$(one 4)"                                               # a directory
cp "$from/$(one 5)" "$T/outside.wav"
touch -d '2026-11-23 03:00:00Z' "$T/outside.wav"
ln -s "$T/outside.wav" "$(one 5)"                              # a way out of the spool, to what could be converted
mkfifo "$(one 6)"                                              # would hang a reader
cp "$from/$(one 7)" "$(one 7)"                                 # good
head -c 44 "$from/$(one 8)" >"$(one 8)"                        # a header
echo 'not an MP3' >"$(one 9 | sed 's/wav$/mp3/')"              # in the way, and no WAV
cp "$from/$(one 10)" "$T/keep.wav"
find . -type f -exec touch -d '2026-11-23 03:00:00Z' {} +
cd "$T" || exit 1
planfix broken
config "$T/broken.conf" "driver = sqlite
path = $CAPTURE/master.db"
timeout 600 "$CELSYNC" -c "$T/broken.conf" sync 2>"$T/broken.err"
is "a pass over broken recordings ends with 0" $? 0
conf=$T/broken.conf
is "cut off in the middle: what is there" "$(state "$conf" "$(one 1)")" "done"
is "garbage: failed" "$(state "$conf" "$(one 2)")" failed
is "0 bytes: none" "$(state "$conf" "$(one 3)")" none
is "a directory: failed" "$(state "$conf" "$(one 4)")" failed
# Tried: beneath_open() without RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS: what it leads to is converted.
is "a symbolic link: failed" "$(state "$conf" "$(one 5)")" failed
is "and nothing is made of what it leads to" "$(ls "$T/monitor/2026/11/23/$(one 5 | sed 's/wav$/mp3/')" 2>/dev/null)" ""
is "a FIFO: failed" "$(state "$conf" "$(one 6)")" failed
is "a good one beside them: done" "$(state "$conf" "$(one 7)")" "done"
is "a header: none" "$(state "$conf" "$(one 8)")" none
is "somebody's broken MP3 alone: failed" "$(state "$conf" "$(one 9)")" failed
is "and it stays" "$(cat "$T/monitor/2026/11/23/$(one 9 | sed 's/wav$/mp3/')")" "not an MP3"
is "one that is not there yet: waiting" "$(state "$conf" "$(one 10)")" waiting
grep -F "$(one 10 | sed 's/wav$//')" "$T/broken.log" | grep -c '"record_link"' >"$T/early"
is "COMPLETED does not wait for it" "$(cat "$T/early")" 0
requests=$(wc -l <"$T/broken.log")

# The late one comes: its link follows as `record`.
cp "$T/keep.wav" "$T/monitor/2026/11/23/$(one 10)"
touch -d '2026-11-23 03:00:00Z' "$T/monitor/2026/11/23/$(one 10)"
due "$conf"
"$CELSYNC" -c "$conf" sync 2>"$T/late.err"
is "the late one is done" "$(state "$conf" "$(one 10)")" "done"
tail -n +$((requests + 1)) "$T/broken.log" >"$T/late.log"
is "and followed by record" "$(grep -c '"cmd":"record"' "$T/late.log")" "$(grep -c . "$T/late.log")"
grep -qF "$(one 10 | sed 's/wav$/mp3/;s/+/%2B/g')" "$T/late.log"
ok "with its link" $? "$T/late.log"

# What never comes is given up, with the reason.
sqlite3 "$conf.db" "update recording set since = since - 3600000000, call_ended = call_ended - 3600000000"
due "$conf"
"$CELSYNC" -c "$conf" sync 2>"$T/late.err"
is "nothing waits after its time" "$(sqlite3 "$conf.db" "select count(*) from recording where state = 'waiting'")" 0
planfix_stop

"$CELSYNC" -c "$conf" recordings >"$T/list" 2>"$T/list.err"
is "recordings ends with 0" $? 0
is "it lists the failed ones" "$(grep -c '^failed ' "$T/list")" 5
grep -A1 "$(one 4)" "$T/list" | grep -q 'is not a regular file'
ok "and why" $? "$T/list"
is "it ends with the numbers of each state" "$(tail -n 1 "$T/list" | tr -d 0-9)" " waiting,  converting,  done,  none,  failed"
"$CELSYNC" -c "$conf" recordings --json >"$T/json"
is "as JSON, one object a line" "$(grep -c '^{.*"state":"failed".*}$' "$T/json")" 5
"$CELSYNC" -c "$conf" recordings --json --all >"$T/json"
is "all of them" "$(wc -l <"$T/json")" "$(sqlite3 "$conf.db" 'select count(*) from recording')"
is "each with a state; those that are none with a reason" "$(grep '"state":"none"' "$T/json" | grep -c '"reason":null')" 0
"$CELSYNC" -c "$T/none.conf" recordings 2>/dev/null
is "without a configuration: 78" $? 78
config "$T/empty.conf" "driver = sqlite
path = $CAPTURE/master.db"
"$CELSYNC" -c "$T/empty.conf" recordings >"$T/out" 2>"$T/err"
is "without a store: 1" "$? $(cat "$T/out")" "1 "

# On a terminal the pass shows how far it is; elsewhere it does not.
if has_terminal; then
	rm -rf "$T/monitor" && cp -r "$CAPTURE/monitor" "$T/monitor"
	planfix terminal
	config "$T/terminal.conf" "driver = sqlite
path = $CAPTURE/master.db"
	script -qec "$CELSYNC -c $T/terminal.conf sync" /dev/null >"$T/seen" </dev/null 2>&1
	grep -q 'recordings: [0-9]* of [0-9]*' "$T/seen"
	ok "progress is shown on a terminal" $? "$T/seen"
	planfix_stop
fi
grep -q 'recordings: [0-9]* of' "$T/all.err"
is "and not elsewhere" $? 1
done_testing
