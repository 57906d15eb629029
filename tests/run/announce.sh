#!/bin/sh
# celsync announce, alone and behind the hook: the window at the stand-in, the file with its outcome, and what must not matter.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

folder=$T/store/announce
# count ENDING: files of that ending in the folder; has ENDING N: there are as many.
count() { find "$folder" -name "*.$1" 2>/dev/null | wc -l; }
has() { [ "$(count "$1")" -ge "$2" ]; }
clear_folder() { rm -rf "$folder"; }
# announce NAME [FACT ...]: with the facts of an incoming call, others before them; its status.
announce() {
	name=$1
	shift
	{
		[ $# -eq 0 ] || printf '%s\n' "$@"
		printf '%s\n' "direction in" "ext 101-102" "linkedid 1795397203.14" "uniqueid 1795397203.16" \
			"did 74951110101" "callerid +79161234567" "callername Ivan"
	} | "$CELSYNC" -c "$T/$name.conf" announce >"$T/out" 2>"$T/err"
}
# conf NAME: as config does, for a store in a folder of its own.
conf() {
	config "$T/$1.conf" "driver = sqlite
path = $T/none.db"
	sed -i "s|^path = .*\.conf\.db|path = $T/store/celsync.db|" "$T/$1.conf"
}
mkdir "$T/store"

planfix good
conf good
announce good
is "announce ends with 0" $? 0
is "and says nothing" "$(cat "$T/out" "$T/err")" ""
is "a window for each extension" "$(sed -n 's/.*"fields":{\([^}]*\)}.*/\1/p' "$T/good.log" | sort)" \
	'"cmd":"event","type":"in","event":"INCOMING","phone":"79161234567","diversion":"74951110101","ext":"101","callid":"1795397203.14"
"cmd":"event","type":"in","event":"INCOMING","phone":"79161234567","diversion":"74951110101","ext":"102","callid":"1795397203.14"'
is "one file, named after its outcome" "$(count sent) $(count '*')" "1 $(find "$folder" -name '*.*' | wc -l)"
file=$(find "$folder" -name '*.sent')
is "with an outcome for each" "$(sed '1,/^end$/d' "$file" | cut -d' ' -f1-3 | sort)" "sent 101 200
sent 102 200"
is "nobody else may read it" "$(stat -c %a "$folder" "$file" | tr '\n' ' ')" "700 600 "
grep -rq "$TOKEN\|Ivan" "$folder"
is "it holds neither token nor name" $? 1
is "no store was made" "$(ls "$T/store")" announce

# No window.
before=$(wc -l <"$T/good.log")
announce good "did " "callerid 105"
is "a call between employees: 0" $? 0
announce good "callerid anonymous"
is "a hidden number: 0" $? 0
announce good "ext 0"
is "no extension: 0" $? 0
announce good "direction up"
is "no facts: 0" $? 0
sed 's/^\[planfix\]/&\nannounce = poll/' "$T/good.conf" >"$T/poll.conf"
chmod 600 "$T/poll.conf"
announce poll
is "announce = poll: 0" $? 0
is "none of them made a request" "$(wc -l <"$T/good.log")" "$before"
head -c 20000 /dev/zero | "$CELSYNC" -c "$T/good.conf" announce 2>"$T/err"
is "too many facts: 64" $? 64

# The store does not matter.
clear_folder
echo "no database" >"$T/store/celsync.db"
announce good
is "a broken store: 0" $? 0
exec 8>"$T/store/celsync.db.read.lock"
flock 8
exec 9>"$T/store/celsync.db.deliver.lock"
flock 9
announce good
is "another run holds its locks: 0" $? 0
exec 8>&- 9>&-
is "both were sent" "$(count sent)" 2
rm -rf "$T/store"
announce good
is "no folder for a store: 73" $? 73
grep -q 'announce cannot be made' "$T/err"
ok "and says so" $? "$T/err"
is "what cannot be written down is not sent" "$(wc -l <"$T/good.log")" "$((before + 4))"
mkdir "$T/store"

# All slots are taken: dropped, and counted.
announce good
slots=$(i=0; while [ $i -lt 32 ]; do printf '%s ' "$folder/slot.$(printf %02d $i)"; i=$((i + 1)); done)
mkfifo "$T/hold"
# shellcheck disable=SC2086 # a list
perl -MFcntl=:flock -e '$| = 1; for (@ARGV) { open my $h, ">>", $_ or die; flock $h, LOCK_EX | LOCK_NB or die; push @held, $h }
	print "held\n"; <STDIN>' $slots <"$T/hold" >"$T/held" &
holder=$!
pids="$pids $holder"
exec 7>"$T/hold"
wait_for test -s "$T/held"
before=$(wc -l <"$T/good.log")
announce good
is "no slot is free: 75" $? 75
is "silently" "$(cat "$T/err")" ""
announce good
is "it is counted" "$(cat "$folder/dropped")" 2
is "and not sent" "$(wc -l <"$T/good.log")" "$before"
exec 7>&-
wait "$holder"
announce good
is "the slots are free again: 0" $? 0

# Two hundred at once, behind the hook.
cat >"$T/celsync" <<EOF
#!/bin/sh
# What it ended with is written down; the hook's alarm ends only this shell.
trap '' ALRM
"$CELSYNC" -c "$T/good.conf" "\$@"
echo \$? >>"$T/statuses"
EOF
chmod +x "$T/celsync"
cc=${CC:-cc}
# shellcheck disable=SC2086 # "ccache gcc" is two words
$cc -std=c17 -D_GNU_SOURCE -O2 -I "$TOP" "-DHOOK_PROGRAM=\"$T/celsync\"" -o "$T/hook" "$TOP/cron/hook.c" "$TOP/cron/agi.c" &&
	$cc -std=c17 -D_GNU_SOURCE -O1 -o "$T/agi" "$TOP/tests/lib/agi.c"
ok "the hook is built" $?
clear_folder
before=$(wc -l <"$T/good.log")
i=0
hooks=
while [ $i -lt 200 ]; do
	i=$((i + 1))
	"$T/agi" "$T/hook" in 101 "1795397300.$i" "1795397300.$i" 74951110101 >>"$T/exits" &
	hooks="$hooks $!"
done
# shellcheck disable=SC2086 # a list
wait $hooks
is "the hook ended well each time" "$(sort "$T/exits" | uniq -c | tr -s ' ')" " 200 exit 0, 0 bytes"
# Until none of them is left. On a busy machine one may run into its three seconds: then that is its outcome, or (64) not even its facts were
# read in time; the hook's alarm may even end one before it has begun: it has no status. All others are accounted for.
printf '%s\n' "$T/celsync" "$T/hook" >"$T/ours"
over() { ! grep -qasFf "$T/ours" /proc/[0-9]*/cmdline; }
wait_for over
begun=$(wc -l <"$T/statuses")
echo "# $begun of 200 began, $(count sent) were sent"
is "each was sent or counted" $(($(count sent) + $(count failed) + $(count unknown) + $(cat "$folder/dropped" 2>/dev/null || echo 0) + $(grep -cx 64 "$T/statuses"))) "$begun"
is "and as many as there are places began" "$([ "$begun" -ge 32 ] && echo yes)" yes
is "what was sent has a file" "$([ $(($(wc -l <"$T/good.log") - before)) -ge "$(count sent)" ] && echo yes)" yes
planfix_stop
ok "the strict stand-in found no fault" $? "$T/good.err"

# PlanFix in trouble.
printf '%s\n' "ext=102 forever status 503" >"$T/script"
planfix partly --script "$T/script"
conf partly
clear_folder
announce partly
is "one of two: 1" $? 1
is "the file says so" "$(count failed)" 1
is "of each" "$(sed '1,/^end$/d' "$(find "$folder" -name '*.failed')" | cut -d' ' -f1-3 | sort)" "failed 102 503
sent 101 200"
grep -q 'outcome=failed.*ext=102.*status=503' "$T/err"
ok "and so does the log" $? "$T/err"
planfix_stop >/dev/null 2>&1

echo "forever status 401" >"$T/script"
planfix refused --script "$T/script"
conf refused
clear_folder
announce refused
is "a token that is refused: 77" $? 77
is "failed" "$(count failed)" 1
planfix_stop >/dev/null 2>&1
clear_folder
announce refused
is "PlanFix is away: 69" $? 69
is "failed, too" "$(count failed)" 1

# PlanFix takes the request and never answers. The hook has ended before the outcome is known.
echo "forever hang" >"$T/script"
planfix hang --script "$T/script"
conf hang
clear_folder
sed -i "s|good.conf|hang.conf|" "$T/celsync"
is "PlanFix hangs: the hook ends" "$("$T/agi" "$T/hook" in 101 1795397400.1 1795397400.1 74951110101)" "exit 0, 0 bytes"
wait_for has new 1
ok "and announce is under way" $?
wait_for has unknown 1
ok "it gives up by itself" $?
is "whether it arrived is unknown" "$(sed '1,/^end$/d' "$(find "$folder" -name '*.unknown')" | cut -d' ' -f1-2)" "unknown 101"
is "the request had come" "$(grep -c INCOMING "$T/hang.log")" 1
clear_folder
announce hang
is "alone: 69" $? 69
is "unknown" "$(count unknown)" 1

# A configuration that is broken.
echo "[nonsense" >"$T/hang.conf"
is "a broken configuration: the hook ends" "$("$T/agi" "$T/hook" in 101 1795397400.2 1795397400.2 74951110101)" "exit 0, 0 bytes"
announce hang
is "celsync says 78" $? 78
is "no file is left half done" "$(find "$T" -name '*.tmp' -o -name '.*.tmp')" ""
done_testing
