#!/bin/sh
# `make install` puts every file where a stranger looks for it, names its own folder in what it installs, and the package is built
# from that and nothing else.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"

install_to() { # NAME [VARIABLE=VALUE ...]: what is built is installed; nothing is built
	to=$T/$1
	shift
	MAKEFLAGS='' make -s -C "$TOP" DEPS=no B="$BUILD" install-files DESTDIR="$to" "$@" >"$T/out" 2>&1
}
install_to local
ok "make install" $? "$T/out"
is "it says nothing" "$(cat "$T/out")" ""
for file in bin/celsync share/man/man1/celsync.1 share/man/man5/celsync.conf.5 share/bash-completion/completions/celsync \
	share/doc/celsync/README.md share/doc/celsync/README.ru.md share/doc/celsync/SECURITY.md share/doc/celsync/examples/celsync.conf \
	share/doc/celsync/examples/crontab lib/systemd/system/celsync.service lib/systemd/system/celsync.timer \
	lib/systemd/system/celsync@.service lib/systemd/system/celsync@.timer lib/systemd/system/celsync-watch.service \
	lib/systemd/system/celsync-watch@.service share/man/man8/celsync-hook.8 share/locale/ru/LC_MESSAGES/celsync.mo; do
	is "/usr/local/$file" "$([ -s "$T/local/usr/local/$file" ] && echo there)" there
done
is "what is built is installed" "$(cmp "$T/local/usr/local/bin/celsync" "$CELSYNC" 2>&1)" ""
is "nothing is written outside the prefix but logrotate's file" \
	"$(cd "$T/local" && find . -type f ! -path './usr/local/*')" ./etc/logrotate.d/celsync
is "nothing is writable for others, programs alone are executable" \
	"$(cd "$T/local" && find . -type f ! -perm 0644 ! -path '*/bin/*'; find "$T/local/usr/local/bin" -type f ! -perm 0755)" ""
is "units start the program that was installed" "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$T"/local/usr/local/lib/systemd/system/*.service | sort -u)" \
	/usr/local/bin/celsync
is "no file names a folder of the build" "$(grep -rlI -e "$TOP" -e "$T" "$T/local")" ""
is "a pair of hands that installs twice changes nothing" "$(install_to local && cat "$T/out")" ""

install_to debian PREFIX=/usr UNITDIR=/lib/systemd/system
ok "make install PREFIX=/usr" $? "$T/out"
is "units start /usr/bin/celsync" "$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$T"/debian/lib/systemd/system/*.service | sort -u)" /usr/bin/celsync
# The package takes every file, and no name in its list is without a file.
while read -r pattern; do
	# shellcheck disable=SC2086 # a pattern
	(cd "$T/debian" && ls -d $pattern >/dev/null 2>&1) || echo "no file: $pattern"
done <"$TOP/debian/celsync.install" >"$T/empty"
is "debian/celsync.install names nothing that is not there" "$(cat "$T/empty")" ""
(cd "$T/debian" && find . -type f | sed 's|^\./||') >"$T/files"
while read -r file; do
	taken=
	while read -r pattern; do
		# shellcheck disable=SC2254 # a pattern
		case $file in $pattern | $pattern/*) taken=yes ;; esac
	done <"$TOP/debian/celsync.install"
	[ "$taken" ] || echo "$file"
done <"$T/files" >"$T/left"
is "and leaves nothing out" "$(cat "$T/left")" ""
for script in postinst prerm postrm; do
	sh -n "$TOP/debian/celsync.$script" 2>"$T/err"
	ok "debian/celsync.$script is a shell script" $? "$T/err"
	is "and lets debhelper add what it must" "$(grep -cx '#DEBHELPER#' "$TOP/debian/celsync.$script")" 1
done
done_testing
