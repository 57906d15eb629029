#!/bin/sh
# Keeps the arrows of the house: who may include what. Prints each arrow that must not be; status 1 if there is one.
# shellcheck disable=SC2046,SC2086 # lists of names without spaces
set -u
cd "$(dirname "$0")/.." || exit 1
bad=0
forbid() { # FILES PATTERN REASON
	found=$(grep -nE "^#include [<\"]($2)" $1 /dev/null)
	if [ -n "$found" ]; then
		printf '%s\n    %s\n' "$found" "$3"
		bad=1
	fi
}
only() { # HEADER FILE: the header is included by that one .c file alone
	found=$(grep -lE "^#include <$1>" $(find poller store sync cron -name '*.[ch]' 2>/dev/null) /dev/null | grep -vx "$2")
	if [ -n "$found" ]; then
		printf '%s: <%s> belongs to %s\n' "$found" "$1" "$2"
		bad=1
	fi
}
poller=$(find poller -name '*.[ch]')
store=$(find store -name '*.[ch]')
producing="sync/event.c sync/event.h sync/form.c sync/form.h"
delivering=$(ls sync/deliver.[ch] sync/http.[ch] sync/verdict.[ch] sync/bucket.[ch] 2>/dev/null)
forbid "$poller" 'store/|sync/' 'poller knows neither store nor sync'
forbid "$store" 'poller/|sync/' 'store knows neither poller nor sync'
forbid "$producing" 'store/|sync/(deliver|http|verdict|outbox)' 'event and form meet delivery in the outbox only'
forbid "$delivering" 'poller/|sync/(event|form|rebuild|intake|tell|pbx)' 'delivery knows nothing of calls'
only 'mysql.*' poller/source_mariadb.c
only 'curl/.*' sync/http.c
only 'lame/.*' sync/audio.c
only 'sndfile.h' sync/sound.c
only 'dlfcn.h' sync/library.c
found=$(grep -lE '^#include <sqlite3.h>' $poller $(find sync -name '*.[ch]') /dev/null | grep -vx poller/source_sqlite.c)
if [ -n "$found" ]; then
	printf '%s: <sqlite3.h> belongs to store/ and poller/source_sqlite.c\n' "$found"
	bad=1
fi
# Pure files read no clock and do no I/O.
for f in poller/arena poller/extra poller/group poller/idmap poller/assembly poller/assembly_out poller/assembly_spill poller/assembly_step poller/timeline poller/call poller/call_leg poller/call_fact poller/call_recording poller/call_text poller/call_cdr poller/incarnation poller/party poller/number \
    poller/channame poller/uniqueid poller/zone sync/event sync/form sync/verdict sync/text sync/tracks sync/draw sync/show_text sync/show_json\
    sync/mask sync/words sync/late_facts sync/standing_print poller/grants sync/freepbx_text sync/init_text sync/dialplan sync/nearest; do
	found=$(grep -nE '\b(g_get_real_time|g_get_monotonic_time|time\(|clock_gettime|fopen|open\(|printf\(|g_print\(|log_)' "$f.c" /dev/null |
		grep -vE 's?n?printf\(|g_strdup_v?printf|append_printf|arena_printf')
	if [ -n "$found" ]; then
		printf '%s\n    a pure file reads no clock and does no I/O\n' "$found"
		bad=1
	fi
done
exit $bad
