#!/bin/sh
# tests/pbx/deploy.sh 22|16 BUILD: puts celsync and celsync-hook into the folder as the package would, and the libraries they were
# linked with beside them: the folder's own are another Debian's. BUILD was linked to look there (check.sh).
set -eu
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
V=$1
. "$TOP/tests/pbx/lib.sh"

# Removed first: a program that still runs cannot be written.
rm -rf "$ROOT/opt/celsync" "$ROOT/usr/bin/celsync" "$ROOT/usr/bin/celsync-hook"
mkdir -p "$ROOT/opt/celsync/lib" "$ROOT/etc/celsync" "$ROOT/var/lib/celsync"
cp "$2/celsync" "$2/celsync-hook" "$ROOT/usr/bin/"
# The same libraries as here, those that are loaded when first needed too; ldd would start the folder's loader.
ldd "$TOP/build/linked/celsync" | sed -n 's/.*=> \(\/[^ ]*\).*/\1/p; s/^[[:space:]]*\(\/[^ ]*ld-linux[^ ]*\).*/\1/p' |
	while read -r library; do cp -L "$library" "$ROOT/opt/celsync/lib/${library##*/}"; done
# What the hook's time is measured against.
echo 'int main(void) { return 0; }' | ${CC:-cc} -static -O2 -x c -o "$ROOT/opt/celsync/empty" -
inside chown -R asterisk:asterisk /var/lib/celsync
