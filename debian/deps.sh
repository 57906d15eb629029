#!/bin/sh
# debian/deps.sh build|check|lint ... : installs what is missing to build, to test, or to lint.
# The list of packages is debian/control and nothing else: Build-Depends, those marked <!nocheck> for tests, X-Lint-Depends.
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
	build) field Build-Depends | grep -v '<!nocheck>' | grep -v '^debhelper' ;;
	check) field Build-Depends | sed -n 's/ *<!nocheck>//p' ;;
	lint) field X-Lint-Depends ;;
	*) echo "debian/deps.sh: build, check or lint, not $1" >&2; exit 64 ;;
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
trap 'rm -f "$log"' EXIT

run() {
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
run -qq update
run -qq -y --no-install-recommends install $missing
