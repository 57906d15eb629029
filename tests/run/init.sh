#!/bin/sh
# celsync init: FreePBX's files and database are read, a configuration comes out that works, and nothing that was there is lost.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
export LC_ALL=C.UTF-8
: "${url:=}" "${socket:=}"
unset CELSYNC_CONFIG CREDENTIALS_DIRECTORY
TOKEN=s3cr3t-t0ken
PBX_PASSWORD="it's \\ a pass"

# A FreePBX as it lies on a disk.
R=$T/root
mkdir -p "$R/etc/asterisk" "$R/etc/celsync" "$R/var/spool/asterisk/monitor" "$R/var/lib/celsync" "$R/run"
database "$CAPTURE/schema.sql" "$CAPTURE/cel.sql" "$CAPTURE/cdr.sql" || { echo "Bail out! no MariaDB"; exit 1; }
"$TOP/tests/mariadb.sh" load "$mysql" asterisk "$TOP/tests/freepbx/asterisk.sql"
root_password=
sql() { mariadb --no-defaults -S "$socket" -uroot ${root_password:+"-p$root_password"} -N "$@"; }
sql -e "CREATE USER freepbxuser@localhost IDENTIFIED BY 'it''s \\\\ a pass';
	GRANT ALL ON asterisk.* TO freepbxuser@localhost; GRANT ALL ON asteriskcdrdb.* TO freepbxuser@localhost"
ln -s "$socket" "$R/run/mysqld.sock"
# The comment and the string hold what looks like a setting; the code behind them would delete the folder if it were run.
cat >"$R/etc/freepbx.conf" <<EOF
<?php
// \$amp_conf['AMPDBUSER'] = 'nobody';
/* \$amp_conf['AMPDBHOST'] = 'elsewhere.example.com'; */
\$amp_conf['AMPDBUSER'] = 'freepbxuser';
\$amp_conf["AMPDBPASS"] = 'it\\'s \\\\ a pass';
\$amp_conf['AMPDBHOST'] = "localhost";
\$amp_conf['AMPDBNAME'] = 'asterisk';
\$amp_conf['AMPDBENGINE'] = 'mysql';
system("rm -rf '$R/run'");
\$amp_conf['ASTSPOOLDIR'] = \$spool . '/never';
require_once('/var/www/html/admin/bootstrap.php');
?>
EOF
cat >"$R/etc/amportal.conf" <<'EOF'
# This file is IGNORED BY FreePBX
AMPDBUSER=older
ASTSPOOLDIR=/var/spool/older
CEL_ENABLED=1
EOF
cat >"$R/etc/asterisk/res_odbc_additional.conf" <<'EOF'
[asteriskcdrdb]
enabled=>yes
dsn=>MySQL-asteriskcdrdb
username=>freepbxuser ; of the records
password=>unused
EOF
cat >"$R/etc/odbc.ini" <<'EOF'
[MySQL-asteriskcdrdb]
Description=MySQL
Server=localhost
Database=asteriskcdrdb
Port=3306
Socket=/run/mysqld.sock
EOF
printf '%s\n' "$TOKEN" >"$T/token"
chmod 600 "$T/token"
conf=$R/etc/celsync/celsync.conf

runs() { # NAME STATUS ARGUMENT...: leaves $T/out and $T/err
	name=$1 wanted=$2
	shift 2
	"$CELSYNC" init --root="$R" "$@" >"$T/out" 2>"$T/err" </dev/null
	got=$?
	is "$name: exit code" $got "$wanted"
	[ $got = "$wanted" ] || sed 's/^/# /' "$T/err" "$T/out"
	grep -qF -e "$TOKEN" -e "$PBX_PASSWORD" -e never-read "$T/out" "$T/err"
	is "$name: no secret is shown" $? 1
}
says() { grep -qF -- "$1" "$T/err"; ok "$name: says \"$1\"" $? "$T/err"; }
value() { sed -n "/^\[$1\]/,/^\[/s/^$2 = //p" "$conf"; }
rights() { stat -c %a "$1"; }

# Questions nobody is there to answer.
planfix init
runs "no address" 78
says "--planfix-url="
runs "no token" 78 --planfix-url="$url"
says "--token-file=FILE"
runs "a token in the arguments" 78 --planfix-url="$url" --token-file="$T/token" --set planfix.token=x
says "can be read by everybody"
runs "a key that is none" 78 --planfix-url="$url" --token-file="$T/token" --set pbx.trunks=x
says "Did you mean pbx.trunk?"
runs "a value that is none" 78 --planfix-url="$url" --token-file="$T/token" --set source.settle=soon
says "$conf:"
says '"soon" is not a length of time'
runs "options that do not go together" 64 --write
is "none of these wrote anything" "$(ls -A "$R/etc/celsync")" ""
is "or made a user" "$(sql -e "SELECT COUNT(*) FROM mysql.user WHERE user = 'celsync'")" 0

# What it is for.
runs "init" 0 --planfix-url="$url" --token-file="$T/token" --set source.start=all --set planfix.rate=0
is "the PHP was not run" "$(ls "$R/run")" mysqld.sock
says "extensions found: 3; trunks: mango; second; recordings in $R/var/spool/asterisk/monitor"
says "made the database user celsync"
is "the database" "$(value source socket) $(value source database) $(value source user)" "$R/run/mysqld.sock asteriskcdrdb celsync"
is "trunks that are in use, by the name of their channels" "$(value pbx trunk)" "mango; second"
is "the spool is the database's word" "$(value recordings spool)" "$R/var/spool/asterisk/monitor"
is "the extensions stand beside employees" "$(grep -c '^# This PBX has: 101; 102; 103$' "$conf")" 1
is "what was set" "$(value source start) $(value planfix rate)" "all 0"
is "modes" "$(rights "$conf") $(rights "$R/etc/celsync/token") $(rights "$R/etc/celsync/password")" "640 640 640"
is "the token is in its file alone" "$(grep -rlF "$TOKEN" "$R/etc")" "$R/etc/celsync/token"
is "the user may read two tables, no more" "$(sql -e 'SHOW GRANTS FOR celsync@localhost' | sed 's/ IDENTIFIED.*//' | sort)" \
	'GRANT SELECT ON `asteriskcdrdb`.`cdr` TO `celsync`@`localhost`
GRANT SELECT ON `asteriskcdrdb`.`cel` TO `celsync`@`localhost`
GRANT USAGE ON *.* TO `celsync`@`localhost`'
for line in "✓ configuration: $conf" "✓ source: asteriskcdrdb" "✓ rights: SELECT on the two tables, no more" \
	"✓ zone: cel and cdr are written in UTC" "✓ indexes: " "✓ mp3: " "✓ PlanFix: $url took the token"; do
	grep -qF -- "$line" "$T/out"
	ok "it ends with check: $line" $? "$T/out"
done
grep -q ✗ "$T/out"
is "nothing is wrong" $? 1
before=$(wc -l <"$T/init.log")
"$CELSYNC" -c "$conf" sync 2>"$T/err"
ok "and the calls arrive" $? "$T/err"
is "a hundred and more" "$([ $(($(wc -l <"$T/init.log") - before)) -gt 100 ] && echo yes)" yes

# A second time.
cp "$conf" "$T/first"
runs "a configuration that is there" 78 --planfix-url="$url" --token-file="$T/token"
says "--force"
is "it stays" "$(cmp "$conf" "$T/first" 2>&1)" ""
runs "--force" 0 --force --planfix-url="$url" --token-file="$T/token"
is "the old one is kept" "$(cmp "$conf.bak" "$T/first" 2>&1)" ""
is "the new one is another" "$(value source start)" ""
says "the database lets celsync in"

# From standard input, with the one column that may be changed.
sql -e 'DROP USER celsync@localhost; CREATE TABLE asteriskcdrdb.transient_cdr LIKE asteriskcdrdb.cdr'
printf '%s\n' "$TOKEN" | "$CELSYNC" init --root="$R" --force --planfix-url="$url" --token-file=- --set recordings.update_cdr=yes \
	--set recordings.wav=delete >"$T/out" 2>"$T/err"
is "update_cdr: exit code" $? 0
is "the user may change one column, of the copies too" "$(sql -e 'SHOW GRANTS FOR celsync@localhost' | grep -o 'UPDATE ([^)]*) ON [^ ]*' | sort)" \
	'UPDATE (`recordingfile`) ON `asteriskcdrdb`.`cdr`
UPDATE (`recordingfile`) ON `asteriskcdrdb`.`transient_cdr`'
grep -qF "✓ rights: SELECT on the two tables, UPDATE of cdr.recordingfile, no more" "$T/out"
ok "check knows it" $? "$T/out"
sql -e 'REVOKE UPDATE (recordingfile) ON asteriskcdrdb.cdr FROM celsync@localhost; GRANT INSERT ON asteriskcdrdb.cdr TO celsync@localhost'
"$CELSYNC" -c "$conf" check --root "$R" >"$T/out" 2>"$T/err"
is "a right that is missing is wrong" "$(grep -c '^✗ rights: cdr.recordingfile cannot be changed' "$T/out")" 1
is "one too many is a warning" "$(grep -c '^! rights: more than needed: INSERT on asteriskcdrdb.cdr$' "$T/out")" 1

# A second PBX has files of its own.
before=$(stat -c %i "$R/etc/celsync/token" "$R/etc/celsync/password")
runs "another PBX" 0 -c "$R/etc/celsync/office.conf" --planfix-url="$url" --token-file="$T/token" --db-user=office
is "the first one's secrets are not written" "$(stat -c %i "$R/etc/celsync/token" "$R/etc/celsync/password")" "$before"
conf=$R/etc/celsync/office.conf
is "its files" "$(value planfix token_file) $(value source password_file) $(value store path) $(value pbx name)" \
	"$R/etc/celsync/office.token $R/etc/celsync/office.password $R/var/lib/celsync/office.db office"
conf=$R/etc/celsync/celsync.conf

# A user of that name, whose password nobody here knows.
rm "$R/etc/celsync/password"
runs "a user that is there" 78 --force --planfix-url="$url" --token-file="$T/token"
says "there is a database user celsync already, with another password"
says "--db-password-file"

# Nobody who may make the user.
sql -e "DROP USER celsync@localhost; DROP USER IF EXISTS office@localhost; ALTER USER root@localhost IDENTIFIED BY 'x'"
root_password=x
rm -f "$R"/etc/celsync/*
runs "no administrator" 1 --planfix-url="$url" --token-file="$T/token"
says "the database user celsync could not be made"
says "mariadb < $R/etc/celsync/database-user.sql"
is "the statements are for root's eyes" "$(rights "$R/etc/celsync/database-user.sql")" 600
grep -q '^✗ source: .*Access denied' "$T/out"
ok "check says what is missing" $? "$T/out"
sql <"$R/etc/celsync/database-user.sql"
"$CELSYNC" -c "$conf" check --root "$R" >"$T/out" 2>"$T/err"
ok "run by an administrator, they are enough" $? "$T/out"
printf 'x\n' >"$T/admin"
chmod 600 "$T/admin"
sql -e "DROP USER celsync@localhost"
runs "with an administrator's password" 0 --force --planfix-url="$url" --token-file="$T/token" --db-admin=root --db-admin-password-file="$T/admin"
"$CELSYNC" init --root="$R" --print-sql --db-user=reader >"$T/out" 2>"$T/err"
is "--print-sql: exit code" $? 0
is "--print-sql: the statements, and nothing else" "$(sed "s/BY '.*'/BY '...'/" "$T/out")" "CREATE USER 'reader'@'localhost' IDENTIFIED BY '...';
GRANT SELECT ON \`asteriskcdrdb\`.\`cel\` TO 'reader'@'localhost';
GRANT SELECT ON \`asteriskcdrdb\`.\`cdr\` TO 'reader'@'localhost';"

# Without FreePBX's database: what Asterisk was told.
rm -f "$R"/etc/celsync/* "$R/etc/freepbx.conf" "$R/etc/amportal.conf"
cat >"$R/etc/asterisk/pjsip.conf" <<'EOF'
[global]
type=global
[phone](!)
type=endpoint
context=from-internal
[0101]
type=endpoint
context=from-internal
[provider]
type = endpoint ; to the world
context = from-pstn
[anonymous]
type=endpoint
context=from-sip-external
EOF
sql -e "DROP USER celsync@localhost; CREATE USER celsync@localhost IDENTIFIED BY 'y'; GRANT SELECT ON asteriskcdrdb.* TO celsync@localhost"
printf 'y\n' >"$T/own"
chmod 600 "$T/own"
runs "Asterisk alone" 0 --planfix-url="$url" --token-file="$T/token" --db-password-file="$T/own"
is "its endpoints" "$(value pbx trunk) $(value pbx extension)" 'provider ^[0-9]{4}$'
grep -q '^! rights: more than needed: SELECT on asteriskcdrdb\.\*' "$T/out"
ok "more rights than needed are a warning" $? "$T/out"
rm -rf "$R/etc/asterisk" "$R/etc/odbc.ini" "$R"/etc/celsync/*
runs "nothing at all" 78 --planfix-url="$url" --token-file="$T/token"
says "no database of Asterisk's was found"
mkdir -p "$R/var/log/asterisk"
cp "$CAPTURE/master.db" "$R/var/log/asterisk/master.db"
runs "SQLite" 0 --planfix-url="$url" --token-file="$T/token"
is "its file" "$(value source driver) $(value source path)" "sqlite $R/var/log/asterisk/master.db"

# On a terminal it asks; the key is not shown.
if has_terminal; then
	rm -f "$R"/etc/celsync/*
	cat >"$T/asked" <<EOF
#!/bin/sh
exec "$CELSYNC" init --root="$R"
EOF
	chmod +x "$T/asked"
	mkfifo "$T/keys"
	script -qefc "$T/asked" "$T/typescript" <"$T/keys" >"$T/out" 2>&1 &
	asked=$!
	pids="$pids $asked"
	exec 7>"$T/keys"
	printf 'what\n%s\n' "$url" >&7
	# What is typed before the question is thrown away.
	wait_for grep -q "PlanFix's key" "$T/typescript"
	printf '%s\n' "$TOKEN" >&7
	wait $asked
	is "asked on a terminal: exit code" $? 0
	exec 7>&-
	is "an answer that is none is asked for again" "$(grep -c 'that is no address' "$T/typescript")" 1
	is "the address and the key" "$(value planfix url) $(cat "$R/etc/celsync/token")" "$url $TOKEN"
	is "the key is not echoed" "$(grep -cF "$TOKEN" "$T/typescript")" 0
fi
planfix_stop
is "the strict stand-in found no fault" $? 0
done_testing
