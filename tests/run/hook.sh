#!/bin/sh
# celsync-hook under a program that does what Asterisk's AGI() does: it never holds the call, and starts nothing but celsync.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

# hook NAME PROGRAM: a hook whose celsync is PROGRAM.
hook() {
	# shellcheck disable=SC2086 # "ccache gcc" is two words
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -I "$TOP" "-DHOOK_PROGRAM=\"$2\"" -o "$T/$1" "$TOP/cron/hook.c" "$TOP/cron/agi.c"
}
# agi OPTION ... PROGRAM ARGUMENT ...: what came of it; "hangs" where it does not come back.
agi() { timeout 120 "$T/agi" "$@" || echo hangs; }
fact() { sed -n "s/^$1 //p" "$T/facts"; }

cc=${CC:-cc}
# shellcheck disable=SC2086 # "ccache gcc" is two words
$cc -std=c17 -D_GNU_SOURCE -O1 -o "$T/agi" "$TOP/tests/lib/agi.c"
ok "the stand-in for Asterisk is built" $?

# A celsync that says how it was called, and goes on until it is told to end.
cat >"$T/celsync" <<EOF
#!/bin/sh
cat >"$T/facts.new"
{ echo "arguments: \$*"; env | grep -v '^_=\|^SHLVL=\|^PWD='; pwd; } >"$T/seen"
descriptors=\$(ls -l /proc/\$\$/fd)
echo "\$descriptors" >"$T/descriptors"
nice >"$T/nice"
echo "\$\$ \$(sed 's/.*) //' /proc/\$\$/stat | cut -d' ' -f4)" >"$T/session"
mv "$T/facts.new" "$T/facts"
[ ! -e "$T/wait" ] || read -r go <"$T/wait"
echo done >"$T/done"
EOF
chmod +x "$T/celsync"
hook hook "$T/celsync"
ok "the hook is built" $?
# What follows waits for it.
[ -x "$T/hook" ] && [ -x "$T/agi" ] || { echo "Bail out! no hook"; exit 1; }
secret=hidden
export secret
here=$(nice)

# The dialplan goes on while celsync still runs: it waits for a line that is written only afterwards.
mkfifo "$T/wait"
is "an incoming call: exit 0, nothing said" \
	"$(agi -N 'Иван "Ваня"' -d 74951110101 "$T/hook" in 101-102 1795397203.14 1795397203.16 74951110101)" "exit 0, 0 bytes"
wait_for test -e "$T/facts"
ok "celsync got its facts" $?
is "and had not ended when the hook had" "$([ -e "$T/done" ] || echo running)" running
echo go >"$T/wait"
wait_for test -e "$T/done"
ok "it went on to its end" $?
rm "$T/wait"
is "the facts" "$(cat "$T/facts")" "direction in
ext 101-102
linkedid 1795397203.14
uniqueid 1795397203.16
did 74951110101
number 
callerid 79161234567
callername Иван \"Ваня\"
dialled 74951110101"
is "it was called as celsync announce" "$(head -n 1 "$T/seen")" "arguments: announce"
is "with an environment of its own" "$(sed -n 2,3p "$T/seen" | sort | tr '\n' ' ')" "LANG=C.UTF-8 PATH=/usr/bin:/bin "
is "in /" "$(sed -n 4p "$T/seen")" "/"
is "behind what carries the calls" "$(cat "$T/nice")" "$([ "$here" -gt 5 ] && echo "$here" || echo 5)"
grep -q 'secret' "$T/seen"
is "nothing of Asterisk's environment came along" $? 1
is "standard output and error are /dev/null" "$(grep -c ' [12] -> /dev/null' "$T/descriptors")" 2
is "but for the facts and its own script it has no other" "$(grep -v '^total' "$T/descriptors" | grep -vc "/dev/null\\|pipe:\\|$T/celsync")" 0
is "its session is not its own" "$(awk '{ print ($1 == $2) }' "$T/session")" 0

# Arguments.
refused() { # NAME ARGUMENT ...
	rm -f "$T/facts" "$T/done"
	what=$1
	shift
	is "$what: exit 0" "$(agi "$T/hook" "$@")" "exit 0, 0 bytes"
}
refused "no arguments"
refused "too few" in 101 1795397203.14
refused "no direction" sideways 101 1.1 1.1 ""
refused "no extension" in "" 1.1 1.1 7495
refused "a forward through the trunk" out "" 1.1 1.1 74951110101 89161234567
refused "a member that is no extension" in '89161234567#' 1.1 1.1 7495
refused "quotes" in '"101"' 1.1 1.1 7495
# shellcheck disable=SC2016
refused "a command" in '$(id)' 1.1 1.1 7495
refused "an id with spaces" in 101 '1.1 x' 1.1 7495
refused "an id with a line feed" in 101 '1.1
direction out' 1.1 7495
refused "no id" in 101 "" 1.1 7495
refused "a long id" in 101 "$(printf '%0200d' 1)" 1.1 7495
refused "a DID that is none" in 101 1.1 1.1 '7495;id'
# shellcheck disable=SC2016
refused "a number that is none" out 101 1.1 1.1 "" '8916`id`'
refused "outgoing without a number" out 101 1.1 1.1 ""
# One that is sent after all of them: when it has come, the others would have.
is "an outgoing call: exit 0" "$(agi -n 74951110101 "$T/hook" out 101 1.2 1.2 "" 89161234567)" "exit 0, 0 bytes"
wait_for test -e "$T/done"
is "none of those was told, the outgoing call was" "$(fact linkedid) $(fact direction) $(fact number) $(fact callerid)" \
	"1.2 out 89161234567 74951110101"

again() {
	rm -f "$T/facts" "$T/done"
	is "$1: exit 0" "$(shift && agi "$@")" "exit 0, 0 bytes"
	wait_for test -e "$T/done"
}
again "a list with members of all kinds" "$T/hook" in '101-89161234567#-102--x1-103' 1.1 1.1 7495
is "extensions remain" "$(fact ext)" "101-102-103"
again "a DID of letters" "$T/hook" in 101 1.1 1.1 s
is "it is handed on" "$(fact did)" s
long=$(i=0; while [ $i -lt 600 ]; do printf '%d-' $((1000 + i)); i=$((i + 1)); done)
again "six hundred members" "$T/hook" in "$long" 1.1 1.1 7495
is "as many as fit, and whole" "$(fact ext | tr - '\n' | grep -cx '1[0-9][0-9][0-9]') $(fact ext | tr - '\n' | wc -l)" "204 204"

# What comes from outside.
# shellcheck disable=SC2016,SC1003
nasty=$(printf '\033[2J"; touch %s/pwned; `touch %s/pwned` $(touch %s/pwned) %%s%%n \\' "$T" "$T" "$T")
again "a hostile name" -N "$nasty" "$T/hook" in 101 1.1 1.1 7495
is "it is text" "$(fact callername)" "?$(printf '%s' "$nasty" | cut -c2-127)"
again "a name of two lines" -N "x
ext 999
agi_callerid: 666" "$T/hook" in 101 1.1 1.1 7495
is "they are not ours" "$(fact ext) $(fact callerid) $(fact callername)" "101 79161234567 x"
again "a name of 10 kB" -N "$(head -c 10000 /dev/zero | tr '\0' x)" -d 7495 "$T/hook" in 101 1.1 1.1 7495
is "it is cut, and the rest is read" "$(fact callername | wc -c) $(fact dialled)" "128 7495"
again "a hostile number" -n "$nasty" "$T/hook" in 101 1.1 1.1 7495
is "is text, too" "$(fact callerid | cut -c1-11)" '?[2J"; touc'
is "nothing was run" "$([ -e "$T/pwned" ] || echo no)" no

# Environments that never end, or never come: no announcement, and the call goes on.
rm -f "$T/facts" "$T/done"
head -c 200000 /dev/urandom | tr -d '\n' >"$T/noise"
is "noise: exit 0" "$(agi -e "$T/noise" "$T/hook" in 101 7.7 7.7 7495)" "exit 0, 0 bytes"
printf 'agi_callerid: 1\n' >"$T/half"
is "half an environment: exit 0" "$(agi -e "$T/half" "$T/hook" in 101 7.7 7.7 7495)" "exit 0, 0 bytes"
is "none at all: exit 0" "$(agi -q "$T/hook" in 101 7.7 7.7 7495)" "exit 0, 0 bytes"
sleep 1.5 # longer than the environment is waited for
is "nothing was told" "$([ -e "$T/facts" ] || echo no)" no

# A celsync that is missing, no program, or broken.
hook missing "$T/nowhere/celsync"
is "celsync missing: exit 0" "$(agi "$T/missing" in 101 1.1 1.1 7495)" "exit 0, 0 bytes"
: >"$T/plain"
hook plain "$T/plain"
is "celsync not executable: exit 0" "$(agi "$T/plain" in 101 1.1 1.1 7495)" "exit 0, 0 bytes"
printf '#!/bin/sh\nkill -SEGV $$\n' >"$T/broken"
chmod +x "$T/broken"
hook crash "$T/broken"
is "celsync crashes: exit 0" "$(agi "$T/crash" in 101 1.1 1.1 7495)" "exit 0, 0 bytes"
is "standard error closed: exit 0" "$(agi "$T/hook" in 101 1.3 1.3 7495 2>&-)" "exit 0, 0 bytes"
wait_for test -e "$T/done"
is "and it was told" "$(fact linkedid)" 1.3
done_testing
