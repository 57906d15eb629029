#!/bin/sh
# debian/deps.sh build|check|check:NAME,NAME|package|lint|bench|pbx ... : installs what is missing to build, to test (or some of that), …
# The list of packages is debian/control and nothing else: X-Build-Essential and Build-Depends, those
# marked <!nocheck> for tests, X-Package-Depends, X-Lint-Depends.
# DEPS=no forbids installing: what is missing is named, and the status is 1. DEPS=list only prints.
set -eu
cd "$(dirname "$0")"

field() { # NAME: the entries of one field, a line each
	awk -v name="$1:" '
		/^[^ \t#]/ { on = ($1 == name); sub(/^[^:]*:/, "") }
		on { gsub(/,/, "\n"); print }' control | sed -e 's/^[[:space:]]*//' -e 's/[[:space:]]*$//' -e '/^$/d'
}
packages() {
	case $1 in
	build) { field X-Build-Essential; field Build-Depends; } | grep -v '<!nocheck>' | grep -v '^debhelper' ;;
	check) field Build-Depends | sed -n 's/ *<!nocheck>//p' ;;
	package) field X-Package-Depends ;;
	check:*) packages check | grep -xE "$(echo "${1#check:}" | tr , '|')" ;;
	lint) field X-Lint-Depends ;;
	bench) field X-Bench-Depends ;;
	pbx) field X-Pbx-Depends ;;
	*) echo "debian/deps.sh: build, check, lint, package, bench or pbx, not $1" >&2; exit 64 ;;
	esac | sed 's/ *(.*//'
}
wanted=$(for kind in "$@"; do packages "$kind"; done)
if [ "${DEPS:-}" = list ]; then
	echo "$wanted"
	exit 0
fi
if ! command -v dpkg-query >/dev/null 2>&1; then
	exit 0 # not Debian: the compiler will say what is missing
fi
missing=
for package in $wanted; do
	status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || status=
	[ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "${DEPS:-}" = no ]; then
	echo "missing packages:$missing" >&2
	echo "  install them, or run without DEPS=no" >&2
	exit 1
fi
as_root=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null 2>&1 || { echo "missing packages:$missing" >&2; echo "  run this as root, or install them" >&2; exit 1; }
	as_root=sudo
fi
echo "installing:$missing" >&2
log=$(mktemp)
# No service that comes with a package (nginx) is started: the tests run their own, and nothing is left running.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e $policy ]; then
	printf '#!/bin/sh\nexit 101\n' | $as_root sh -c "cat >$policy && chmod 755 $policy"
	made=$policy
fi
trap 'rm -f "$log"; [ -z "$made" ] || $as_root rm -f "$made"' EXIT
trap 'exit 1' INT TERM HUP
run() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
run -qq update
# shellcheck disable=SC2086 # a list of names
run -qq -y --no-install-recommends install $missing
