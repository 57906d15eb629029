#!/bin/sh
# tests/pbx/system.sh 22|16: the folder with a Debian and its Asterisk, made once; a second time it says only that it is there.
# Half a one is never taken for a whole one. Needs root, debootstrap and Debian's archive (MIRROR=).
set -eu
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
V=$1
. "$TOP/tests/pbx/lib.sh"

# By default the archive this machine gets its own packages from.
archive() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\).*/\2/p' | head -n 1
}

if [ -e "$ROOT.ready" ]; then
	echo "asterisk $V: $ROOT"
	exit 0
fi
new=$ROOT.new
rm -rf "$new"
mkdir -p "$SCRATCH"
echo "asterisk $V: Debian $SUITE into $ROOT, some minutes"
debootstrap --variant=minbase --include=ca-certificates "$SUITE" "$new" "${MIRROR:-$(archive)}" >"$SCRATCH/$SUITE.log" 2>&1
ROOT=$new
# Services of the packages are not started; a suite that is archived is taken although its date is past.
printf '#!/bin/sh\nexit 101\n' >"$ROOT/usr/sbin/policy-rc.d"
chmod +x "$ROOT/usr/sbin/policy-rc.d"
echo 'Acquire::Check-Valid-Until "false";' >"$ROOT/etc/apt/apt.conf.d/99celsync-pbx"
cp /etc/resolv.conf "$ROOT/etc/resolv.conf"
{
	inside apt-get -q update
	inside apt-get -q -y install --no-install-recommends asterisk asterisk-modules asterisk-core-sounds-en odbc-mariadb unixodbc
	inside apt-get -q clean
} >>"$SCRATCH/$SUITE.log" 2>&1
# From here on it talks to nobody but loopback: Asterisk asks for its own name when it starts.
: >"$ROOT/etc/resolv.conf"
printf '127.0.0.1 localhost %s\n' "$(uname -n)" >"$ROOT/etc/hosts"
ROOT=$SCRATCH/asterisk$V
rm -rf "$ROOT"
mv "$new" "$ROOT"
: >"$ROOT.ready"
