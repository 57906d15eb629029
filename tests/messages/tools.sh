# What the provocations have in common; sourced by tests/run/messages.sh before them.
# shellcheck shell=sh disable=SC2154,SC2034,SC2120 # variables of tests/lib/tap.sh and tests/run/messages.sh

# title WORDS: what comes next, and in whose eyes.
title() { printf '\n== %s\n' "$1" >>"$T/said"; }
# run ARGUMENT...: one command, its output, its messages, its status; before it the words in $as (another user), after it its input, if any.
# $well: lines of this pattern are left out; $known: and those of this file.
as='' well='' known='' input=''
run() {
	printf '$ celsync %s\n' "$*" >>"$T/said"
	# shellcheck disable=SC2086 # words
	$as "$CELSYNC" "$@" >"$T/out" 2>"$T/err" <"${input:-/dev/null}"
	status=$?
	if [ -z "$well" ]; then
		cat "$T/out" "$T/err" >>"$T/said"
	else
		cat "$T/out" "$T/err" | grep -v "$well" | grep -vxF -f "${known:-/dev/null}" >>"$T/said"
	fi
	printf '= %d\n' $status >>"$T/said"
}
with() { run -c "$conf" "$@"; }
quietly() { "$CELSYNC" -c "$conf" "$@" >/dev/null 2>&1; }
left_out=
# leave_out TITLE: it needs what this machine does not give.
leave_out() { case "|$left_out|" in *"|$1|"*) ;; *) left_out="${left_out:+$left_out|}$1" ;; esac; }

in_sqlite() { printf 'driver = sqlite\npath = %s' "$T/$1"; }
# configured SOURCE-LINES: as `config`, but settled at once.
configured() {
	config "$conf" "$1"
	sed -i 's/^settle = .*/settle = 10 ms/' "$conf"
}
# good [SED]: a configuration that is well, then this change.
good() {
	configured "$(in_sqlite small.db)"
	[ $# -eq 0 ] || sed -i "$1" "$conf"
}
fresh() { rm -rf "$conf.db" "$conf.db-wal" "$conf.db-shm" "$conf".db.*.lock "$T/announce"; }
# All recordings of the calls, written long enough ago.
recordings_there() {
	rm -rf "$T/monitor"
	cp -rp "$T/recorded" "$T/monitor"
	find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} +
}
sql() { mariadb --no-defaults -S "$socket" -uroot -N -B -e "$1"; }
store() { sqlite3 "$conf.db" "$1"; }

# stand_in [OPTION...]: one that knows nothing of the last one's calls.
stand_ins=0
stand_in() {
	stand_ins=$((stand_ins + 1))
	planfix "stand-in.$stand_ins" "$@"
}
stop_stand_in() { planfix_stop 2>/dev/null; }
# again: everything is to be told once more.
again() {
	stop_stand_in
	stand_in
	fresh
	sed -i "s|^url = http://127.*|url = $url|" "$conf"
}
# told: a store in which everything was told.
told() {
	stop_stand_in
	stand_in
	fresh
	good
	quietly sync
}

# Another user, for what root may do and others may not; "none": there is no way to be one.
find_nobody() {
	nobody='env'
	[ "$(id -u)" = 0 ] || return 0
	nobody="setpriv --reuid=65534 --regid=65534 --clear-groups"
	$nobody "$CELSYNC" --version >/dev/null 2>&1 || nobody=none
}
