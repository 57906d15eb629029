#!/bin/sh
# Libraries that are loaded when first needed: an idle pass loads none of them, what needs them finds them, also where memory may
# not become executable, and one that is missing or too old is named, with the remedy, and costs nothing but time.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
LATE='libcurl|libsndfile|libmp3lame'
# LeakSanitizer cannot look at a process that is traced.
traced() { ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -qq -e trace=openat -o "$T/trace" "$@"; }
loaded() { grep -oE "($LATE)[^/\"]*\"[^=]*= [0-9]" "$T/trace" | grep -oE "$LATE" | sort -u | tr '\n' ' '; }
store() { sqlite3 -cmd '.timeout 5000' "$T/all.conf.db" "$1"; }
needed() { readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | sort; }

# What the program looks for by name is what it would have been linked with.
needed "$CELSYNC" >"$T/linked.now"
needed "$BUILD/linked/celsync" >"$T/linked.all"
is "the program is linked with none of them" "$(grep -cE "$LATE" "$T/linked.now")" 0
for file in $(grep -E "$LATE" "$T/linked.all"); do
	is "it knows $file by that name" "$(grep -acF "$file" "$CELSYNC" | sed 's/[1-9][0-9]*/yes/')" yes
done
is "there are three of them" "$(grep -cE "$LATE" "$T/linked.all")" 3

cp -rp "$CAPTURE/monitor" "$T/monitor"
find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
recordings_more="publish_dir = $T/public
url = https://calls.example.com/r
secret_file = $T/secret"
planfix all --repeats any
config "$T/all.conf" "driver = sqlite
path = $CAPTURE/master.db"

# Missing: a file that is none, found before the true one. Too old: a library without any function.
mkdir "$T/empty" "$T/old"
: >"$T/empty/libmp3lame.so.0"
: >"$T/empty/libcurl.so.4"
echo 'int nothing_of_use;' | ${CC:-cc} -shared -fPIC -x c -o "$T/old/libsndfile.so.1" -
LD_LIBRARY_PATH=$T/empty "$CELSYNC" -c "$T/all.conf" sync 2>"$T/err"
is "without libcurl and LAME a pass ends with 78" $? 78
in_words 'libmp3lame.so.0 cannot be loaded' "$T/err"
ok "it names LAME" $? "$T/err"
in_words 'libcurl.so.4 cannot be loaded' "$T/err"
ok "and libcurl" $? "$T/err"
is "and what to install" "$(grep -cE 'apt install --reinstall (libmp3lame0|libcurl4)\b' "$T/err")" 2
is "calls were taken in" "$(store 'select count(*) > 100 from outbox')" 1
is "everything waits to be sent, untried" "$(store "select count(*) from outbox where state <> 'ready' or attempts > 0")" 0
is "every recording waits, and none has failed" "$(store "select count(*) from recording where state <> 'waiting'")" 0
LD_LIBRARY_PATH=$T/old "$CELSYNC" -c "$T/all.conf" sync 2>"$T/err"
is "with a libsndfile of another age too" $? 78
in_words 'libsndfile.so.1 has no function' "$T/err"
ok "it says so" $? "$T/err"
is "calls are told meanwhile" "$(store "select count(*) > 100 from outbox where state = 'sent'")" 1
is "and recordings go on waiting" "$(store "select count(*) from recording where state <> 'waiting'")" 0
LD_LIBRARY_PATH=$T/empty "$CELSYNC" -c "$T/all.conf" check >"$T/out" 2>&1
is "check ends with 1" $? 1
is "and tells of both" "$(grep -cE '(libcurl.so.4|libmp3lame.so.0) ' "$T/out")" 2
in_words 'libcurl missing, LAME missing, ' "$T/out"
ok "and which are missing" $? "$T/out"

# There again: nothing was lost.
traced "$CELSYNC" -c "$T/all.conf" sync 2>"$T/err"
ok "with all of them a pass ends with 0" $? "$T/err"
is "it loaded them" "$(loaded)" "libcurl libmp3lame libsndfile "
is "recordings are MP3s" "$(store "select count(*) > 130 from recording where state = 'done'")" 1
is "nothing waits" "$(store "select count(*) from outbox where state <> 'sent'")" 0
# The pass after the last one that had something to do.
for i in 1 2 3; do "$CELSYNC" -c "$T/all.conf" sync; done
traced "$CELSYNC" -c "$T/all.conf" sync 2>"$T/err"
ok "an idle pass" $? "$T/err"
is "loads none of them" "$(loaded)" ""
is "and said nothing" "$(cat "$T/err")" ""

# As under MemoryDenyWriteExecute= of the units: no memory becomes executable that was not mapped so (prctl 65, Linux 6.3).
cat >"$T/denied.pl" <<'END'
my %prctl = (x86_64 => 157, aarch64 => 167);
chomp(my $machine = `uname -m`);
exit 77 unless $prctl{$machine} && syscall($prctl{$machine}, 65, 1, 0, 0, 0) == 0;
exec @ARGV or exit 78;
END
rm -f "$T/all.conf.db"*
find "$T/monitor" -name '*.mp3' -delete
perl "$T/denied.pl" true
if [ $? = 77 ]; then
	echo "# left out: this kernel cannot forbid executable memory"
elif [ -n "${ASAN_OPTIONS:-}" ]; then
	echo "# left out: sanitizers want such memory"
else
	perl "$T/denied.pl" "$CELSYNC" -c "$T/all.conf" sync 2>"$T/err"
	ok "a pass that may make no memory executable ends with 0" $? "$T/err"
	is "it converted" "$(store "select count(*) > 130 from recording where state = 'done'")" 1
	is "and sent" "$(store "select count(*) > 100 from outbox where state = 'sent'")" 1
fi
planfix_stop
is "the strict stand-in found no fault" $? 0
done_testing
