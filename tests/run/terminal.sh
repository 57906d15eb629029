#!/bin/sh
# Manners on a terminal: lines fit, colours are for terminals that have them and may be refused, help is everywhere, slips get a suggestion.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export LC_ALL=C.UTF-8
: "${url:=}"
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY NO_COLOR
conf=$T/celsync.conf
mkdir "$T/monitor"
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
wide() { perl -CSD -ne 'BEGIN { $most = shift } chomp; print "$_\n" if length > $most' "$1" "$2" | head -n 3; }

# Help: of every command, to stdout, no wider than the narrowest usual terminal.
"$CELSYNC" --help >"$T/out" 2>"$T/err"
is "--help fits 80 columns" "$(wide 80 "$T/out")" ""
for command in $(sed -n '/^Commands:/,/^Options:/{ s/^  \([a-z]*\)  *[A-Z].*/\1/p; }' "$T/out"); do
	for option in --help -h; do
		"$CELSYNC" "$command" $option >"$T/help" 2>"$T/err"
		is "$command $option: exit code, and nothing on stderr" "$? $(cat "$T/err")" "0 "
	done
	is "$command --help fits 80 columns" "$(wide 80 "$T/help")" ""
	"$CELSYNC" "$command" --help --dry-runn >"$T/out" 2>"$T/err"
	is "$command with a mistake is a mistake" $? 64
done

# Suggestions.
suggests() { # WORDS ARGUMENT...
	wanted=$1
	shift
	"$CELSYNC" "$@" >"$T/out" 2>"$T/err"
	is "celsync $*: exit code" $? 64
	grep -qF "Did you mean $wanted?" "$T/err"
	ok "celsync $*: suggests $wanted" $? "$T/err"
}
suggests status statsu
suggests --config --confg=x check
suggests --dry-run sync --dryrun
suggests --token-file init --planfix-url=x --tokenfile=y
suggests --from calls --form 2026-11-23
"$CELSYNC" sync --frobnicate 2>"$T/err"
is "nothing is near: no suggestion" "$(grep -c 'Did you mean' "$T/err")" 0
is "but where to look" "$(grep -c 'Try celsync sync --help' "$T/err")" 1

# To a file: whole lines, no colours.
"$CELSYNC" -c "$conf" calls --from 2026-11-22 --to 2026-11-25 >"$T/calls"
is "a file gets whole lines" "$(wide 80 "$T/calls" | wc -l)" 3
planfix terminal
config "$conf" "driver = sqlite
path = $CAPTURE/master.db"
"$CELSYNC" -c "$conf" check >"$T/check"
is "and no colours" "$(grep -c "$(printf '\033')" "$T/check")" 0

# On a terminal of 60 columns.
if has_terminal; then
	on_terminal() { # COMMAND: $T/screen, without the carriage returns
		TERM=${term:-xterm} script -qec "stty cols 60 rows 20; $1" /dev/null </dev/null 2>&1 | tr -d '\r' >"$T/screen"
		sed "s/$(printf '\033')\[[0-9;]*m//g" "$T/screen" >"$T/plain"
	}
	on_terminal "$CELSYNC -c $conf calls --from 2026-11-22 --to 2026-11-25"
	is "calls fit" "$(wide 60 "$T/plain")" ""
	is "and nothing is lost" "$(tr -d ' \n' <"$T/plain" | cksum)" "$(tr -d ' \n' <"$T/calls" | cksum)"
	on_terminal "$CELSYNC -c $conf check"
	is "check fits" "$(wide 60 "$T/plain")" ""
	is "its marks are coloured" "$(grep -c "^$(printf '\033')\[3[123]m[✓!✗]$(printf '\033')\[0m " "$T/screen" | sed 's/^[1-9].*/yes/')" yes
	on_terminal "NO_COLOR=1 $CELSYNC -c $conf check"
	is "not with NO_COLOR" "$(grep -c "$(printf '\033')" "$T/screen")" 0
	term=dumb on_terminal "$CELSYNC -c $conf check"
	is "nor on a terminal that has none" "$(grep -c "$(printf '\033')" "$T/screen")" 0
	on_terminal "$CELSYNC -c $conf show 1795397518.138"
	is "show fits" "$(wide 60 "$T/plain")" ""
	on_terminal "NO_COLOR=1 $CELSYNC -c $conf show 1795397518.138"
	is "show has no colours with NO_COLOR" "$(grep -c "$(printf '\033')" "$T/screen")" 0
	on_terminal "$CELSYNC -c $conf show 1795397518.138 --json"
	is "JSON stays one line" "$(wc -l <"$T/screen")" 1
	on_terminal "$CELSYNC -c $conf report --from 2026-11-22 --to 2026-11-25"
	is "report fits" "$(wide 60 "$T/plain")" ""
	"$CELSYNC" -c "$conf" sync >/dev/null 2>&1
	sqlite3 "$conf.db" "update outbox set state = 'rejected', status = 400, answer = 'an answer of many words that says at length what was wrong'
		where event = 'COMPLETED'"
	for language in en ru; do
		LANGUAGE=$language
		for command in "replay --state rejected --dry-run" status "recordings --all"; do
			# shellcheck disable=SC2086 # words
			"$CELSYNC" -c "$conf" $command >"$T/whole"
			on_terminal "$CELSYNC -c $conf $command"
			is "$language: $command fits" "$(wide 60 "$T/plain")" ""
			is "and would not without" "$(wide 60 "$T/whole" | sed -n '1s/.*/yes/p')" yes
			# The ages differ by a second now and then.
			is "and nothing is lost" "$(tr -d ' \n0-9' <"$T/plain" | cksum)" "$(tr -d ' \n0-9' <"$T/whole" | cksum)"
		done
	done
	LANGUAGE=
fi
planfix_stop
done_testing
