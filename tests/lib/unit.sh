#!/bin/sh
# Runs one unit test. GLib bails out when an assertion fails, which would end every other test with it: here it is one failure.
status=$(mktemp)
trap 'rm -f "$status"' EXIT
{ "$@" 2>&1; echo $? >"$status"; } | sed 's/^Bail out!/not ok -/'
exit "$(cat "$status")"
