#!/bin/sh
# make demo: the records of a real Asterisk through celsync to a strict stand-in PlanFix on loopback. Status 0 only if all is as it should be.
TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=$(cd "$TOP" && cd "${CELSYNC_BUILD:-build}" && pwd)
CELSYNC_BUILD=$BUILD
. "$TOP/tests/lib/tap.sh"
OUT=$TOP/build/demo
rm -rf "$OUT"
mkdir -p "$OUT"
wrong=0
check() { # WHAT GOT WANTED
	if [ "$2" = "$3" ]; then
		printf '  ok     %s\n' "$1"
	else
		printf '  WRONG  %s: %s, should be %s\n' "$1" "$2" "$3"
		wrong=1
	fi
}
title() { printf '\n== %s\n' "$*"; }

recordings_there
recordings_more="publish_dir = $T/public
url = https://pbx.example.com/calls
secret_file = $T/secret"
planfix_more="data_call_start = {call_start}"
planfix planfix
config "$T/celsync.conf" "driver = sqlite
path = $CAPTURE/master.db"

title "What a real Asterisk wrote: $(sqlite3 "$CAPTURE/master.db" 'select count(*) from cel') CEL rows. The calls in it (celsync calls)"
"$CELSYNC" -c "$T/celsync.conf" calls --from 2026-11-22 --to 2026-11-25 >"$OUT/calls.txt" || wrong=1
head -n 16 "$OUT/calls.txt" | cut -c -150
echo "  … $(($(wc -l <"$OUT/calls.txt") - 1)) calls, all of them in ${OUT#"$TOP"/}/calls.txt"

title "One pass (celsync sync): rows -> calls -> MP3s -> PlanFix"
"$CELSYNC" -c "$T/celsync.conf" sync
check "celsync sync" $? 0
cp "$T/planfix.log" "$OUT/requests.jsonl"

title "What PlanFix received"
sed -n 's/.*"fields":{\([^}]*\)}.*/  \1/p' "$T/planfix.log" | tr -d '"' | sed 's/record_link:[^,]*/record_link:…/' | head -n 8 | cut -c -190
echo "  … $(wc -l <"$T/planfix.log") requests, all of them in ${OUT#"$TOP"/}/requests.jsonl"

title "MP3s"
find "$T/monitor" -name '*.mp3' | sort | head -n 4 | while read -r f; do
	wav=${f%.mp3}.wav
	printf '  %7s bytes (WAV %7s)  %s\n' "$(stat -c %s "$f")" "$(stat -c %s "$wav")" "$(basename "$f")"
done
echo "  … $(find "$T/monitor" -name '*.mp3' | wc -l) MP3s"

title "Where is my call? One of them: transferred after asking (celsync calls --call 1795397518.138)"
"$CELSYNC" -c "$T/celsync.conf" calls --call 1795397518.138
"$CELSYNC" -c "$T/celsync.conf" calls --call 1795397518.138 --json >"$OUT/one.json" && cat "$OUT/one.json"
echo "  and PlanFix's answer to it:"
grep '"callid":"1795397518.138"' "$T/planfix.log" | sed -n 's/.*"ext":"\([0-9]*\)".*"status":"\([A-Za-z]*\)".*"answer":{"status":\([0-9]*\).*/  \1 \2: HTTP \3/p'

title "As it should be?"
"$CELSYNC" -c "$T/celsync.conf" calls --from 2026-11-22 --to 2026-11-25 --json | "$BUILD/tests/compare" "$CAPTURE/expect.json" 152 >"$T/diff"
check "calls that agree with what was measured at the phones" "$(tail -n 1 "$T/diff")" "# 152/152 calls right"
before=$(wc -l <"$T/planfix.log")
"$CELSYNC" -c "$T/celsync.conf" sync
check "a second pass" $? 0
check "requests of a second pass" $(($(wc -l <"$T/planfix.log") - before)) 0
waiting=$("$CELSYNC" -c "$T/celsync.conf" status | grep '^requests' | sed 's/ [0-9]* sent,//; s/[^1-9]//g')
check "requests not sent" "${waiting:-0}" 0
planfix_stop
check "faults the strict server found" $? 0
[ "$wrong" = 0 ] && title "All is as it should be." || title "Something is wrong: see above."
exit $wrong
