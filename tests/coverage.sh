#!/bin/sh
# tests/coverage.sh BUILD: runs the unit tests of a build with --coverage and prints, for each pure module, how many of its lines
# they reached, and which they did not. Status 1 when a module stays below 95 %.
set -eu
cd "$(dirname "$0")/.."
build=$1
pure="poller/arena poller/group poller/idmap poller/assembly poller/assembly_out poller/call poller/call_cdr poller/call_fact poller/call_recording poller/call_text poller/incarnation poller/call_leg poller/channame poller/extra poller/number
	poller/party poller/timeline poller/timeline_segment poller/timeline_stay poller/uniqueid poller/zone poller/grants sync/event sync/form sync/freepbx_text sync/init_text sync/text sync/verdict"
find "$build" -name '*.gcda' -delete
for test in arena assembly idmap call call_path call_cdr channame extra number party timeline uniqueid zone event form text verdict grants freepbx_text init_text property; do
	[ ! -x "$build/tests/$test" ] || "$build/tests/$test" >/dev/null 2>&1 || { echo "$test failed" >&2; exit 1; }
done
status=0
for module in $pure; do
	gcov -t -o "$build/${module%/*}" "$build/$module.o" 2>/dev/null |
		awk -v module="$module.c" '
			/:Source:/ { split($0, s, ":Source:"); ours = (s[2] == module) }
			!ours { next }
			/^ *[0-9]+\*?:/ { hit++ }
			/^ *(#####|=====):/ { missed++; split($0, f, ":"); lines = lines " " f[2] + 0 }
			END {
				total = hit + missed
				if (total == 0) { printf "%-22s no lines were measured\n", module; exit 1 }
				printf "%-22s %5.1f %%  (%d of %d)%s\n", module, 100 * hit / total, hit, total, missed ? "  not:" lines : ""
				exit 100 * hit / total < 95
			}' || status=1
done
exit $status
