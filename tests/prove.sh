#!/bin/sh
# tests/prove.sh TEST ... : runs tests that print TAP under prove, the long ones first; the last line is "N passed, N failed".
# Unit tests are programs, tests/run/*.sh and tests/layers.sh are shell scripts.
set -u
cd "$(dirname "$0")/.." || exit 1
# The same generated calls every time; make fuzz takes others each time.
CELSYNC_SEED=${CELSYNC_SEED:-20261123}
export CELSYNC_SEED
status=0
out=$(mktemp)
trap 'rm -f "$out"' EXIT
scripts=
long=
programs=
for test in "$@"; do
	case $test in
	*/layers.sh) "$test" || status=1 ;;
	*/crash.sh | */messages.sh | */messages_host.sh | */messages_trouble.sh | */faults.sh | */live.sh | */source.sh | */crash_wav.sh) long="$long $test" ;;
	*.sh) scripts="$scripts $test" ;;
	*) programs="$programs $test" ;;
	esac
done
[ "$status" = 0 ] && echo "layers: ok" || echo "layers: an arrow points the wrong way"
run() { # EXEC TEST ...
	exec=$1
	shift
	[ $# -gt 0 ] || return 0
	# Most of them wait for something most of the time.
	prove --timer -j "$(($(nproc) * 3))" --exec "$exec" "$@" 2>&1 | tee -a "$out"
	grep -q '^Result: PASS' "$out" || status=1
	tail -n 1 "$out" | grep -q '^Result: PASS' || status=1
}
# shellcheck disable=SC2086 # lists of names without spaces
run "sh tests/lib/unit.sh" $programs
# shellcheck disable=SC2086
run sh $long $scripts
passed=$(sed -n 's/^Files=[0-9]*, Tests=\([0-9]*\),.*/\1/p' "$out" | awk '{ n += $1 } END { print n + 0 }')
failed=$(sed -n 's/^  Failed tests\{0,1\}:.*/x/p; s/^  Non-zero exit status:.*/x/p' "$out" | wc -l)
[ "$status" = 0 ] && failed=0
[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed"
exit $status
