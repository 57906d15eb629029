#!/bin/sh
# `celsync status --prometheus` before Prometheus' own judge, promtool (package prometheus): when all is well and when much is wrong.
# `make check-metrics`; too heavy a package for make check, whose tests/run/status.sh has a small judge of its own.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/.." && pwd)}
. "$TOP/tests/lib/tap.sh"
. "$TOP/tests/lib/shift.sh"
export TZ=UTC
conf=$T/metrics.conf
judged() { # NAME
	"$CELSYNC" -c "$conf" status --prometheus 2>"$T/err" | tee "$T/metrics" | promtool check metrics >"$T/said" 2>&1
	ok "$1: promtool" $? "$T/said"
	is "$1: it has nothing to say" "$(cat "$T/said")" ""
	awk -f "$TOP/tests/lib/exposition.awk" "$T/metrics" >"$T/faults"
	ok "$1: nor has the small judge" $? "$T/faults"
}
mkdir "$T/monitor"
shifted "$T/pbx.db" $(($(date +%s) - 90))
planfix good
config "$conf" "driver = sqlite
path = $T/pbx.db"
"$CELSYNC" -c "$conf" sync 2>/dev/null
"$CELSYNC" -c "$conf" backfill --from 2020-01-01 --to 2020-01-02 2>/dev/null
judged "all is well"
rm "$T/pbx.db"
planfix_stop
"$CELSYNC" -c "$conf" sync 2>/dev/null
judged "the source is away"
printf 'celsync_x 1' | promtool check metrics >/dev/null 2>&1
is "promtool finds what is none" "$([ $? -ne 0 ] && echo yes)" yes
done_testing
