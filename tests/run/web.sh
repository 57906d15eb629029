#!/bin/sh
# The links of recordings under a real nginx and a real Apache, with the sample configurations: the right link plays, nothing else is
# to be had. Both servers run from files of their own on loopback, and end with the test.
TOP=${CELSYNC_TOP:-$(cd "$(dirname "$0")/../.." && pwd)}
. "$TOP/tests/lib/tap.sh"
PATH=$PATH:/usr/sbin

# As on a PBX the web server is another user, who may not look into the spool.
chmod 711 "$T"
cp -rp "$CAPTURE/monitor" "$T/monitor"
find "$T/monitor" -name '*.wav' -exec touch -d '2026-11-23 03:00:00Z' {} + -exec chmod 640 {} +
chmod 750 "$T/monitor"
if [ "$(id -u)" = 0 ]; then
	nginx_user='user nobody nogroup;'
	apache_user='User nobody
Group nogroup'
fi
recordings_more="publish_dir = $T/public
url = https://calls.example.com/celsync
secret_file = $T/secret"
planfix all
config "$T/all.conf" "driver = sqlite
path = $CAPTURE/master.db"
(umask 077 && "$CELSYNC" -c "$T/all.conf" sync) 2>"$T/all.err"
ok "sync under umask 077 ends with 0" $? "$T/all.err"
planfix_stop
path=$(grep -o '"record_link":"[^"]*"' "$T/all.log" | head -n 1 | cut -d'"' -f4 | sed 's|.*/celsync/||')
plus=$(grep -o '"record_link":"[^"]*%2B[^"]*"' "$T/all.log" | head -n 1 | cut -d'"' -f4 | sed 's|.*/celsync/||')
key=${path%%/*}
file=$T/public/$path
mp3=${path##*/}
dir=$T/public/$key
is "a link has 32 hex digits" "$(printf %s "$key" | grep -cE '^[0-9a-f]{32}$')" 1

# What must not be had: in the folder of the key, beside it, above it.
echo secret >"$T/public/secret.mp3"
echo secret >"$dir/.hidden.mp3"
echo secret >"$dir/secret.txt"
echo '<?php echo "ran"; ?>' >"$dir/run.php.mp3"
echo '<?php echo "ran"; ?>' >"$dir/run.php"
ln -s /etc/passwd "$dir/passwd.mp3"
chmod -R a+rX "$T/public"

# started NAME PORT: waits until it answers.
started() {
	wait_for curl -s -o /dev/null "http://127.0.0.1:$2/"
	ok "$1 starts" $? "$T/$1.err"
}
status() { curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' --path-as-is "$@"; }
header() { tr -d '\r' <"$T/head" | sed -n "s/^$1: //Ip"; }
refused() { # SERVER WHAT PATH [OPTION ...]
	what="$1: $2"
	at=$base/$3
	shift 3
	code=$(status "$@" "$at")
	case $code in
	400 | 403 | 404 | 405) ok "$what" 0 ;;
	*) is "$what" "$code" "403 or 404" ;;
	esac
	! grep -qE 'secret|root:|RIFF' "$T/body" || is "$what: nothing of it comes" "$(head -c 100 "$T/body")" ""
}

try() { # SERVER: the links below $base
	web=$1
	is "$web: the right link: 200" "$(status "$base/celsync/$path")" 200
	cmp -s "$T/body" "$file"
	ok "$web: all of the MP3" $?
	mpg123 -q -t "$T/body" 2>"$T/mpg123"
	ok "$web: it plays" $? "$T/mpg123"
	is "$web: content type" "$(header Content-Type)" audio/mpeg
	is "$web: nosniff" "$(header X-Content-Type-Options)" nosniff
	is "$web: no robots" "$(header X-Robots-Tag)" "noindex, nofollow, noarchive"
	is "$web: ranges are offered" "$(header Accept-Ranges)" bytes
	is "$web: a range: 206" "$(status -r 100-199 "$base/celsync/$path")" 206
	is "$web: of the right place" "$(header Content-Range)" "bytes 100-199/$(stat -c %s "$file")"
	tail -c +101 "$file" | head -c 100 | cmp -s - "$T/body"
	ok "$web: with the right bytes" $?
	is "$web: from the middle to the end: 206" "$(status -r 500- "$base/celsync/$path")" 206
	tail -c +501 "$file" | cmp -s - "$T/body"
	ok "$web: with the right bytes, too" $?
	is "$web: HEAD: 200" "$(status -I "$base/celsync/$path")" 200
	is "$web: a name with a plus: 200" "$(status "$base/celsync/$plus")" 200
	is "$web: a name like a script's is sound: 200" "$(status "$base/celsync/$key/run.php.mp3")" 200
	is "$web: and not run" "$(header Content-Type) $(cat "$T/body")" 'audio/mpeg <?php echo "ran"; ?>'

	last=$(printf %s "$key" | tail -c 1 | tr 0-9a-f 1-9a-f0)
	refused "$web" "a wrong key" "celsync/${key%?}$last/$mp3"
	refused "$web" "a shortened key" "celsync/${key%?}/$mp3"
	refused "$web" "a lengthened key" "celsync/${key}0/$mp3"
	refused "$web" "no key" "celsync/$mp3"
	refused "$web" "capital letters" "celsync/$(printf %s "$key" | tr a-f A-F)/$mp3"
	refused "$web" "another name" "celsync/$key/x$mp3"
	refused "$web" "the name without its end" "celsync/$key/${mp3%?}"
	refused "$web" "a listing of the key" "celsync/$key/"
	refused "$web" "the key alone" "celsync/$key"
	refused "$web" "a listing of all keys" "celsync/"
	refused "$web" "the folder alone" "celsync"
	refused "$web" "a file beside the keys" "celsync/secret.mp3"
	refused "$web" "a hidden file" "celsync/$key/.hidden.mp3"
	refused "$web" "another kind of file" "celsync/$key/secret.txt"
	refused "$web" "a script" "celsync/$key/run.php"
	refused "$web" "a symbolic link" "celsync/$key/passwd.mp3"
	refused "$web" "dots out of the key" "celsync/$key/../secret.mp3"
	refused "$web" "dots out of the folder" "celsync/$key/../../secret"
	refused "$web" "dots in hexadecimal" "celsync/$key/%2e%2e/%2e%2e/secret"
	refused "$web" "a slash in hexadecimal" "celsync/$key%2f..%2f..%2fsecret"
	refused "$web" "dots far up" "celsync/../../../../../../etc/passwd"
	refused "$web" "a slash too many" "celsync/$key/..//../monitor/2026/11/23/${mp3%.mp3}.wav"
	refused "$web" "the spool" "celsync/../monitor/2026/11/23/${mp3%.mp3}.wav"
	refused "$web" "the spool, straight" "monitor/2026/11/23/${mp3%.mp3}.wav"
	refused "$web" "the secret" "celsync/../secret"
	refused "$web" "POST" "celsync/$key/$mp3" -X POST -d x
	refused "$web" "PUT" "celsync/$key/new.mp3" -X PUT -d x
	refused "$web" "DELETE" "celsync/$key/$mp3" -X DELETE
	is "$web: it is all still there" "$(cmp "$file" "$T/monitor/2026/11/23/$mp3" && ls -A "$dir" | wc -l)" 6
}

mkdir "$T/www"
echo hello >"$T/www/index.html"
sed "s|/var/www/celsync|$T/public|g" "$TOP/cron/nginx-celsync.conf" >"$T/nginx-celsync.conf"
port=$(free_port)
cat >"$T/nginx.conf" <<END
${nginx_user:-}
daemon off;
pid $T/nginx.pid;
error_log $T/nginx.err;
events { }
http {
	access_log off;
	client_body_temp_path $T/nginx-body;
	proxy_temp_path $T/nginx-proxy;
	fastcgi_temp_path $T/nginx-fastcgi;
	uwsgi_temp_path $T/nginx-uwsgi;
	scgi_temp_path $T/nginx-scgi;
	autoindex on;
	types { audio/x-wrong mp3; application/x-httpd-php php; }
	server {
		listen 127.0.0.1:$port;
		root $T/www;
		include $T/nginx-celsync.conf;
	}
}
END
setpriv --pdeathsig TERM nginx -c "$T/nginx.conf" -e "$T/nginx.err" 2>>"$T/nginx.err" &
pids="$pids $!"
base=http://127.0.0.1:$port
started nginx "$port"
try nginx

# With modules that would list, follow and mistake, were they let.
modules=$(dirname "$(find /usr/lib/apache2 /usr/lib64/httpd /etc/httpd -name mod_alias.so 2>/dev/null | head -n 1)")
sed "s|/var/www/celsync|$T/public|g" "$TOP/cron/apache-celsync.conf" >"$T/apache-celsync.conf"
port=$(free_port)
{
	for module in mpm_event authz_core alias headers mime dir autoindex; do
		echo "LoadModule ${module}_module $modules/mod_$module.so"
	done
	cat <<END
ServerName localhost
ServerRoot $T
DefaultRuntimeDir $T
PidFile $T/apache.pid
ErrorLog $T/apache.err
Listen 127.0.0.1:$port
${apache_user:-}
TypesConfig /dev/null
AddType audio/x-wrong .mp3
AddType application/x-httpd-php .php
DocumentRoot $T/www
<Directory />
	Options Indexes FollowSymLinks
	AllowOverride All
	Require all granted
</Directory>
Include $T/apache-celsync.conf
END
} >"$T/apache.conf"
apache2 -t -f "$T/apache.conf" >"$T/apache.test" 2>&1
ok "apache: the sample is understood" $? "$T/apache.test"
setpriv --pdeathsig TERM apache2 -DFOREGROUND -f "$T/apache.conf" >"$T/apache.err" 2>&1 &
pids="$pids $!"
base=http://127.0.0.1:$port
started apache "$port"
try apache

# Past link_days the link ends, under both.
sqlite3 "$T/all.conf.db" "update recording set published = published - 86400000000 * 8"
sed -i 's/^secret_file/link_days = 7\n&/' "$T/all.conf"
planfix ended
sed -i "s|^url = http://127.*|url = $url|" "$T/all.conf"
"$CELSYNC" -c "$T/all.conf" sync 2>"$T/ended.err"
ok "a pass after link_days ends with 0" $? "$T/ended.err"
planfix_stop
refused apache "a link that has ended" "celsync/$path"
is "the MP3 stays" "$(mpg123 -q -t "$T/monitor/2026/11/23/$mp3" 2>&1)" ""
done_testing
