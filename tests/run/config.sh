#!/bin/sh
# A mistake in the configuration gives one message that names file, key or host and the remedy, the exit code
# that belongs to it, and never a secret.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
TOKEN=s3cr3t-t0ken
PASSWORD=s3cr3t-passw0rd
conf=$T/celsync.conf
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY

sqlite="driver = sqlite
path = $CAPTURE/master.db"

# mistake NAME STATUS WORDS REMEDY COMMAND...: what celsync says of $conf.
mistake() {
	name=$1 wanted=$2 words=$3 remedy=$4
	shift 4
	"$CELSYNC" -c "$conf" "$@" >"$T/out" 2>"$T/err"
	is "$name: exit code" $? "$wanted"
	in_words "$words" "$T/err"
	ok "$name: says what" $? "$T/err"
	grep '^  ' "$T/err" >"$T/remedy"
	if [ "$LANGUAGE" = ru ]; then [ -s "$T/remedy" ] && in_words "$remedy" "$T/err"; else grep -q "$remedy" "$T/remedy"; fi
	ok "$name: says what to do" $? "$T/err"
	is "$name: one message" "$(grep -c '^celsync: ' "$T/err")" 1
	grep -qF -e "$TOKEN" -e "$PASSWORD" "$T/out" "$T/err"
	is "$name: no secret" $? 1
	is "$name: nothing on stdout" "$(cat "$T/out")" ""
	is "$name: no store was made" "$(ls "$conf.db" 2>/dev/null)" ""
}
# edit SED: a good configuration, then this change.
edit() {
	config "$conf" "$sqlite"
	sed -i "$1" "$conf"
}

edit 's/^token = /tokn = /'
mistake "unknown key" 78 "$conf:13: [planfix] has no key tokn" "Did you mean token" sync
edit 's/^\[planfix\]/[planfx]/'
mistake "unknown section" 78 "$conf:11: there is no section [planfx]" "Did you mean \[planfix\]" sync
edit 's/^extension = .*/extension = ^[1-9/'
mistake "bad regular expression" 78 "[pbx] extension: Error while compiling regular expression" "regular expression" sync
edit '/^token/d'
mistake "missing token" 78 "$conf: [planfix] token is missing" "token_file = " sync
edit 's|^url = .*|url = http://planfix.example/|'
mistake "token in the clear" 78 "[planfix] url: \"http://planfix.example/\" would send the token unencrypted" "https" sync
edit 's/^settle = .*/settle = soon/'
mistake "impossible value" 78 "[source] settle: \"soon\" is not a length of time" "10 min" sync
edit "s/^token = .*/&\n $TOKEN/"
mistake "a line that is none" 78 "$conf:14: this line is neither" "one line" sync
edit ''
chmod 644 "$conf"
mistake "secrets that all can read" 78 "$conf holds a secret and can be read by everybody (mode 0644)" "chmod 640 $conf" sync
chmod 620 "$conf"
mistake "secrets that the group can write" 78 "can be changed by its group" "chmod 640" sync
edit "s|^token = .*|token_file = $T/token|"
printf '%s\n' "$TOKEN" >"$T/token"
chmod 604 "$T/token"
mistake "a token file that all can read" 78 "token_file: $T/token holds a secret" "chmod 640 $T/token" sync
rm "$T/token"
mistake "a token file that is not there" 78 "$T/token cannot be read" "Write it" sync
rm "$conf"
mistake "no configuration" 78 "$conf cannot be read" "celsync.conf.sample" sync

# Beyond the file: what it names cannot be reached.
config "$conf" "driver = sqlite
path = $T/nowhere.db"
mistake "no such SQLite file" 69 "$T/nowhere.db" "." calls --from 2026-11-23 --to 2026-11-24
config "$conf" "host = 127.0.0.1
port = 1
user = celsync
password = $PASSWORD"
mistake "unreachable host" 69 "127.0.0.1" "." calls --from 2026-11-23 --to 2026-11-24
socket=
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql" || echo "Bail out! no MariaDB"
config "$conf" "socket = $socket
user = stranger
password = $PASSWORD"
mistake "wrong password" 69 "stranger" "." calls --from 2026-11-23 --to 2026-11-24
config "$conf" "socket = $socket
user = root
database = nonesuch"
mistake "missing database" 78 "nonesuch" "." calls --from 2026-11-23 --to 2026-11-24
config "$conf" "socket = $socket
user = root
cel_table = nonesuch
cdr_table = nonesuch"
mistake "missing tables" 78 "nonesuch" "." calls --from 2026-11-23 --to 2026-11-24

# Each place a secret may come from, proved by a ping that PlanFix accepts.
mkdir "$T/monitor" "$T/credentials"
planfix secrets
printf '%s\n' "$TOKEN" >"$T/credentials/token"
chmod 400 "$T/credentials/token"
accepted() {
	"$@" check >"$T/out" 2>"$T/err"
	is "$name: check ends with 0" $? 0
	in_words "✓ PlanFix: $url took the token" "$T/out"
	ok "$name: PlanFix took it" $? "$T/out"
}
edit ''
name="token in the file" && accepted "$CELSYNC" -c "$conf"
sed -i "s|^token = .*|token_file = $T/credentials/token|" "$conf"
name="token in a file of its own" && accepted "$CELSYNC" -c "$conf"
sed -i '/^token/d' "$conf"
name="token as a credential" && accepted env CREDENTIALS_DIRECTORY="$T/credentials" "$CELSYNC" -c "$conf"
edit ''
name="file by environment" && accepted env CELSYNC_CONFIG="$conf" "$CELSYNC"
planfix_stop
ok "the strict stand-in found no fault" $? "$T/secrets.err"

# The sample with every default written out, but for the source and the store.
sed -n 's/^#\([a-z][a-z0-9_]* = .\)/\1/; /^\[/p; /^[a-z]/p' "$TOP/cron/celsync.conf.sample" |
	sed "s|^driver = .*|driver = sqlite\npath = $CAPTURE/master.db|; s|^path = /var.*|path = $conf.db|" >"$conf"
chmod 600 "$conf"
"$CELSYNC" -c "$conf" calls --from 2026-11-23 --to 2026-11-24 --summary >"$T/out" 2>"$T/err"
ok "the sample's defaults work" $? "$T/err"
done_testing
