#!/bin/sh
# tests/pbx/configure.sh 22|16 DATABASE-PORT: writes /etc/asterisk and odbc.ini into the folder, anew each time.
set -eu
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
V=$1
. "$TOP/tests/pbx/lib.sh"
etc=$ROOT/etc/asterisk

modules=$(cd "$ROOT" && ls -d usr/lib/*/asterisk/modules usr/lib/asterisk/modules 2>/dev/null | head -n 1)
values() {
	sed -e "s|@MODULES@|/$modules|; s|@RTP@|$RTP|; s|@RTPEND@|$((RTP + 999))|; s|@SIP@|$SIP|; s|@PROVIDER@|$((SIP + 900))|" \
		-e "s|@P101@|$((SIP + 101))|; s|@P102@|$((SIP + 102))|; s|@P103@|$((SIP + 103))|; s|@P104@|$((SIP + 104))|" "$@"
}
# CALL(NAME,ARGUMENTS) ends its line.
style() {
	case $STYLE in
	gosub) sed 's/CALL(\([a-z-]*\),\{0,1\}\(.*\))$/Gosub(macro-\1,s,1(\2))/; s/LEAVE()/Return()/' "$@" ;;
	macro) sed 's/CALL(\([a-z-]*\))$/Macro(\1)/; s/CALL(\([a-z-]*,.*\))$/Macro(\1)/; s/LEAVE()/MacroExit()/' "$@" ;;
	esac
}

rm -f "$etc"/*.conf
values "$PBX/conf/small.conf.in" | awk -v etc="$etc" '/^== / { file = etc "/" $2; next } file { print >file }'
values "$PBX/conf/pjsip.conf.in" >"$etc/pjsip.conf"
style "$PBX/conf/extensions.conf.in" >"$etc/extensions.conf"
: >"$etc/extensions_custom.conf"
cat >"$ROOT/etc/odbc.ini" <<END
[MySQL-asteriskcdrdb]
Description=MySQL connection to asteriskcdrdb
Driver=MariaDB Unicode
Server=127.0.0.1
Port=$2
Database=$DATABASE
Charset=utf8mb4
Option=3
END
for folder in lib log spool; do
	mkdir -p "$ROOT/var/$folder/asterisk"
	inside chown -R asterisk:asterisk "/var/$folder/asterisk"
done
rm -f "$ROOT/var/lib/asterisk/astdb.sqlite3" "$ROOT/var/log/asterisk/full"
inside chown -R asterisk:asterisk /etc/asterisk
