#!/bin/sh
# The manual pages, the bash completion and the version hold what the program has: every command and option (asked of the
# program), every key and default (read in the sample, which a unit test holds against the program's table).
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
MANUAL=$TOP/docs/celsync.1
CONF=$TOP/docs/celsync.conf.5
SAMPLE=$TOP/cron/celsync.conf.sample
export LC_ALL=C.UTF-8

# Which manuals the machine has is not the pages' fault.
for page in "$TOP"/docs/*.[1-9]; do
	mandoc -Tlint "$page" 2>/dev/null | grep -v 'referenced manual not found' >"$T/lint"
	is "mandoc finds nothing in ${page##*/}" "$(cat "$T/lint")" ""
	mandoc -Tutf8 "$page" >"$T/page" 2>"$T/err"
	ok "${page##*/} can be shown" $? "$T/err"
done

# Commands and options.
"$CELSYNC" --help | sed -n '/^Commands:/,/^Options:/s/^  \([a-z]*\)  *[A-Z].*/&/p' >"$T/commands"
commands=$(awk '{ print $1 }' "$T/commands")
is "there are commands" "$(echo "$commands" | grep -cx -e sync -e calls -e status -e check)" 4
options() { "$CELSYNC" "$@" --help | grep -o -- '--[a-z][a-z-]*' | sort -u; }
# The part of the page that tells of one command: from its own .It to the next of the same list.
section() {
	awk -v name="$1" '
		/^\.Sh / { inside = ($2 == "COMMANDS"); on = 0 }
		inside && /^\.Bl/ { depth++ }
		inside && /^\.El/ { depth-- }
		inside && depth == 1 && /^\.It Cm/ { on = ($3 == name) }
		on' "$MANUAL"
}
general=$(options | tr '\n' ' ')
for option in $general; do
	grep -q -- "Fl -${option#--}\>" "$MANUAL"
	ok "celsync.1 has $option" $?
done
for command in $commands; do
	section "$command" >"$T/section"
	is "celsync.1 tells of $command" "$([ -s "$T/section" ] && echo yes)" yes
	for option in $(options "$command"); do
		case " $general " in *" $option "*) continue ;; esac
		grep -q "^\.It Fl -${option#--}\>" "$T/section"
		ok "celsync.1 has $command $option" $?
	done
done
sed -n '/^\.Sh COMMANDS/,/^\.Sh ENV/s/^\.It Cm \([a-z]*\).*/\1/p' "$MANUAL" | sort >"$T/told"
echo "$commands" | sort >"$T/there"
awk '{ print $1 }' "$T/commands" | sort >"$T/known"
is "celsync.1 tells of no command that nobody knows" "$(comm -23 "$T/told" "$T/known")" ""

for readme in README.md README.ru.md; do
	for command in $commands; do
		grep -q "^| .celsync $command\>" "$TOP/$readme"
		ok "$readme lists $command" $?
	done
done

# Keys and defaults, as "section key default".
sed -n -e 's/^\[\(.*\)\]$/section \1/p' -e 's/^#\([a-z0-9_]*\) =\(.*\)$/\1\2/p' "$SAMPLE" |
	awk '$1 == "section" { section = $2; next } { print section, $0 }' |
	sed 's/^planfix data_[a-z_]* .*/planfix data_*/' | sort >"$T/wanted"
sed -n -e 's/^\.Ss Section \(.*\)$/section \1/p' -e 's/^\.It Cm \([a-z0-9_*]*\)$/\1/p' \
	-e 's/^\.It Cm \([a-z0-9_]*\) Pq Cm \(.*\)$/\1 \2/p' "$CONF" |
	awk '$1 == "section" { section = $2; next } { print section, $0 }' |
	sed -e 's/\\e/\\/g' -e 's/\\(ha/^/g' | sort >"$T/got"
diff "$T/wanted" "$T/got" >"$T/diff"
ok "celsync.conf.5 has every key and default of the sample, and no other" $? "$T/diff"
is "there are keys" "$([ "$(wc -l <"$T/wanted")" -gt 50 ] && echo yes)" yes
for choices in $(sed -n 's/^# One of: \(.*\)\.$/\1/p' "$SAMPLE" | tr -d ' '); do
	for choice in $(echo "$choices" | tr ',' ' '); do
		grep -Eq "(Cm|Pq Cm|^|, |= )[^A-Z]*\<$choice\>" "$CONF"
		ok "celsync.conf.5 has the value $choice" $?
	done
done
for word in $(sed -n '/config_placeholders\[\]/,/NULL/p' "$TOP/sync/config_keys.c" | grep -o '"[a-z_]*"' | tr -d '"'); do
	grep -q "{$word}" "$CONF"
	ok "celsync.conf.5 has the placeholder $word" $?
done
sed -n '/^enum exit_code/,/^};/s/.*= \([0-9]*\),.*/\1/p' "$TOP/sync/app.h" | grep -vx 128 >"$T/codes"
while read -r code; do
	grep -qx "\.It $code" "$MANUAL"
	ok "celsync.1 has exit status $code" $?
done <"$T/codes"

# One version.
version=$("$CELSYNC" --version | cut -d' ' -f2)
is "debian/changelog has the program's version" "$(sed -n '1s/.*(\(.*\)-[0-9]*).*/\1/p' "$TOP/debian/changelog")" "$version"
is "CHANGELOG.md begins with the program's version" "$(sed -n 's/^## \([0-9.]*\).*/\1/p' "$TOP/CHANGELOG.md" | head -n 1)" "$version"

# The completion: completed LINE, in a bash that knows it; the cursor is at the end.
completed() {
	bash --norc -c '
		source "$1"
		set -f
		read -ra COMP_WORDS <<<"$2"
		COMP_WORDS[0]=$3
		[[ $2 != *" " ]] || COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_celsync
		printf "%s\n" "${COMPREPLY[@]}" | sort' bash "$TOP/cron/celsync.bash-completion" "$1" "$CELSYNC" 2>&1
}
is "completion: every command" "$(completed 'celsync ')" "$(cat "$T/there")"
is "completion: the rest of a command" "$(completed 'celsync st')" status
is "completion: a command behind options" "$(completed 'celsync -v -c /etc/passwd st')" status
is "completion: and behind --config=FILE, which bash takes for three words" "$(completed 'celsync --config = /etc/passwd st')" status
is "completion: nothing behind a whole command" "$(completed 'celsync check ')" ""
is "completion: options of the program" "$(completed 'celsync --ver')" "$(printf '%s\n' --verbose --version | sort)"
is "completion: options of a command" "$(completed 'celsync calls --fr')" --from=
for command in $commands; do
	is "completion: all options of $command" "$(completed "celsync $command --" | tr -d = | sort)" "$(options "$command")"
done
mkdir "$T/files"
: >"$T/files/pbx.conf"
is "completion: a file behind -c" "$(completed "celsync -c $T/files/p")" "$T/files/pbx.conf"
is "completion: a file behind --config=" "$(completed "celsync --config = $T/files/p")" "$T/files/pbx.conf"
is "completion: a file behind --token-file=" "$(completed "celsync init --token-file = $T/files/p")" "$T/files/pbx.conf"
is "completion: a folder behind --root=" "$(completed "celsync check --root = $T/fil")" "$T/files"
bash --norc -c 'source "$1"; complete -p celsync' bash "$TOP/cron/celsync.bash-completion" >"$T/registered"
is "completion: bash knows it" "$(cat "$T/registered")" "complete -F _celsync celsync"
done_testing
