# A clean Debian 12 to install the package in, for tests/package.sh and tests/systemd.sh. Source it behind tap.sh.
#
# Wants root, debootstrap and Debian's archive (MIRROR=; by default the one this machine gets its own packages from). The clean system is
# made once and kept in build/package; each test has a copy of its own in $ROOT, which is removed with $T.
# shellcheck shell=sh disable=SC2034 # variables for the tests that source this

apt_archive() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' | head -n 1
}
MIRROR=${MIRROR:-$(apt_archive)}
CACHE=$TOP/build/package
DEB=$(ls "$TOP"/build/deb/celsync_*.deb 2>/dev/null)
ROOT=$T/root
export LC_ALL=C

[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP ${0##*/} wants root"; exit 1; }
[ -f "$DEB" ] || { echo "Bail out! there is no package in build/deb: run make deb"; exit 1; }

# A system as debootstrap makes it; half a one is never taken for a whole one.
if [ ! -s "$CACHE/clean.tar" ]; then
	mkdir -p "$CACHE"
	debootstrap --variant=minbase bookworm "$T/clean" "$MIRROR" >"$T/debootstrap.log" 2>&1 ||
		{ tail -n 20 "$T/debootstrap.log"; echo "Bail out! debootstrap failed"; exit 1; }
	tar -C "$T/clean" -cf "$CACHE/clean.tar.new" . && mv "$CACHE/clean.tar.new" "$CACHE/clean.tar"
	rm -rf "$T/clean"
fi
mkdir "$ROOT"
tar -C "$ROOT" -xpf "$CACHE/clean.tar" || exit 1
cp /etc/resolv.conf "$ROOT/etc/resolv.conf"

# inside COMMAND ...: in that system; its /proc is mounted for the command alone.
inside() {
	# shellcheck disable=SC2016 # the inner shell's own
	unshare --mount --fork sh -c 'mount -t proc proc "$1/proc" && root=$1 && shift &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' sh "$ROOT" "$@"
}
# is NAME GOT WANTED: as in tap.sh, and the status of the whole knows of it.
failed=0
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		printf '# got:    %s\n# wanted: %s\nnot ok %s - %s\n' "$2" "$3" "$count" "$1"
		failed=1
	fi
}
# does NAME STATUS COMMAND ...: its output is in $T/out, and is shown when the status is another one.
does() {
	what=$1 wanted=$2
	shift 2
	"$@" >"$T/out" 2>&1 </dev/null
	got=$?
	is "$what: exit code" $got "$wanted"
	[ $got = "$wanted" ] || sed 's/^/# /' "$T/out" | tail -n 20
}
# asterisk_there: the user, the capture's recordings in the spool, a folder for links.
asterisk_there() {
	inside adduser --quiet --system --group --home /var/lib/asterisk asterisk >"$T/out" 2>&1 ||
		{ inside apt-get -q -y install adduser >"$T/out" 2>&1 && inside adduser --quiet --system --group --home /var/lib/asterisk asterisk; }
	mkdir -p "$ROOT/var/spool/asterisk" "$ROOT/var/www/calls" "$ROOT/root/deb"
	cp -r "$CAPTURE/monitor" "$ROOT/var/spool/asterisk/monitor"
	# Old enough to be complete, also where the header of a file was never closed.
	find "$ROOT/var/spool/asterisk/monitor" -type f -exec touch -d '1 hour ago' {} +
	inside chown -R asterisk:asterisk /var/spool/asterisk /var/www/calls
}
# freepbx_there: its database, holding the capture, on a private MariaDB ($mysql); its files; a token in /root/token.
freepbx_there() {
	mysql=$ROOT/srv/mysql
	MARIADB_OWNER=$$ "$TOP/tests/mariadb.sh" start "$mysql" >"$T/socket" || { echo "Bail out! no MariaDB"; exit 1; }
	"$TOP/tests/mariadb.sh" load "$mysql" asteriskcdrdb "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql"
	"$TOP/tests/mariadb.sh" load "$mysql" asterisk "$TOP/tests/freepbx/asterisk.sql"
	mariadb --no-defaults -S "$mysql/mysql.sock" -uroot -e "CREATE USER freepbxuser@localhost IDENTIFIED BY 'pbx';
		GRANT ALL ON asterisk.* TO freepbxuser@localhost; GRANT ALL ON asteriskcdrdb.* TO freepbxuser@localhost"
	mkdir -p "$ROOT/etc/asterisk"
	cat >"$ROOT/etc/freepbx.conf" <<'EOF'
<?php
$amp_conf['AMPDBUSER'] = 'freepbxuser';
$amp_conf['AMPDBPASS'] = 'pbx';
$amp_conf['AMPDBHOST'] = 'localhost';
$amp_conf['AMPDBNAME'] = 'asterisk';
require_once('/var/www/html/admin/bootstrap.php');
EOF
	printf '[asteriskcdrdb]\nenabled=>yes\ndsn=>MySQL-asteriskcdrdb\n' >"$ROOT/etc/asterisk/res_odbc_additional.conf"
	printf '[MySQL-asteriskcdrdb]\nserver=localhost\ndatabase=asteriskcdrdb\nSocket=/srv/mysql/mysql.sock\n' >"$ROOT/etc/odbc.ini"
	(umask 077 && echo "$TOKEN" >"$ROOT/root/token")
}
