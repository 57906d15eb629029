#!/bin/sh
# A private MariaDB for tests, on a folder of its own.
#
#   tests/mariadb.sh start DIR [option of mariadbd ...]   prints the socket when the server answers
#   tests/mariadb.sh load DIR DATABASE FILE.sql ...       creates the database and runs the files in it
#   tests/mariadb.sh stop DIR                             returns when the server has ended
#
# Only the socket is served, unless an option names a --port (give --bind-address=127.0.0.1 too).
# root@localhost has no password. Where MARIADB_OWNER is the id of a process, the server ends with
# that process, however it ended: a test that crashes leaves nothing running.
set -eu

usage() {
	sed -n '4,6s/^# *//p' "$0" >&2
	exit 64
}

[ $# -ge 2 ] || usage
command=$1
[ "$command" != start ] || mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2

# Ours is the process that the pid file names only while it serves our folder.
server() {
	[ -s "$dir/mysqld.pid" ] || return 1
	pid=$(cat "$dir/mysqld.pid")
	tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "--datadir=$dir/data " || return 1
}

answers() {
	mariadb-admin --no-defaults -S "$dir/mysql.sock" -uroot --connect-timeout=2 ping >/dev/null 2>&1
}

wait_for_end() {
	while kill -0 "$1" 2>/dev/null && [ "$(sed 's/.*) //;s/ .*//' "/proc/$1/stat" 2>/dev/null)" != Z ]; do
		sleep 0.05
	done
}

stop() {
	server || return 0
	kill "$pid" 2>/dev/null || return 0
	wait_for_end "$pid"
	rm -f "$dir/mysqld.pid"
}

end_with() {
	while kill -0 "$1" 2>/dev/null && server; do sleep 1; done
	stop
}

# The system tables take seconds to make and are always the same: once for a build, then copied.
install() {
	copies=${CELSYNC_BUILD:+$CELSYNC_BUILD/mariadb-$(id -u)}
	if [ -n "$copies" ] && cp -a "$copies" "$dir/data" 2>/dev/null; then
		return
	fi
	rm -rf "$dir/data"
	# shellcheck disable=SC2086
	mariadb-install-db $light --auth-root-authentication-method=normal --skip-test-db >"$dir/install.log" 2>&1 || {
		cat "$dir/install.log" >&2
		exit 1
	}
	[ -n "$copies" ] && [ -d "$CELSYNC_BUILD" ] && [ ! -e "$copies" ] || return 0
	# Whole or not at all, whoever else is at it.
	cp -a "$dir/data" "$copies.$$" 2>/dev/null && mv -T "$copies.$$" "$copies" 2>/dev/null || rm -rf "$copies.$$"
}

start() {
	if server; then
		echo "a server is running on $dir already: tests/mariadb.sh stop $dir" >&2
		exit 1
	fi
	# The server refuses to run as root unless told that this is meant.
	light="--no-defaults --datadir=$dir/data --innodb-buffer-pool-size=16M --innodb-log-file-size=8M
		--innodb-flush-log-at-trx-commit=0 --innodb-doublewrite=0 --skip-name-resolve"
	[ "$(id -u)" -ne 0 ] || light="$light --user=root"
	# Temporary tables of its own: a server removes what others have left in the folder when it starts.
	mkdir -p "$dir/tmp"
	light="$light --tmpdir=$dir/tmp"
	[ -d "$dir/data/mysql" ] || install
	network=--skip-networking
	for option; do
		case $option in --port*) network=--skip-networking=0 ;; esac
	done
	# shellcheck disable=SC2086
	setsid mariadbd $light $network --socket="$dir/mysql.sock" --pid-file="$dir/mysqld.pid" \
		--log-error="$dir/mysqld.err" --skip-log-bin --sql-mode=NO_ENGINE_SUBSTITUTION \
		--character-set-server=utf8mb4 --collation-server=utf8mb4_unicode_ci \
		--performance-schema=OFF "$@" \
		</dev/null >"$dir/mysqld.out" 2>&1 &
	started=$!
	tries=0
	until answers; do
		tries=$((tries + 1))
		if [ $tries -gt 3600 ] || ! kill -0 "$started" 2>/dev/null; then
			cat "$dir/mysqld.err" "$dir/mysqld.out" >&2
			kill "$started" 2>/dev/null || :
			exit 1
		fi
		sleep 0.05
	done
	# In a subshell that keeps none of our descriptors: whoever reads our output must see its end.
	if [ -n "${MARIADB_OWNER:-}" ]; then
		(end_with "$MARIADB_OWNER") </dev/null >/dev/null 2>&1 &
	fi
	echo "$dir/mysql.sock"
}

load() {
	[ $# -ge 1 ] || usage
	database=$1
	shift
	client="mariadb --no-defaults -S $dir/mysql.sock -uroot --default-character-set=utf8mb4"
	# shellcheck disable=SC2086
	$client -e "CREATE DATABASE IF NOT EXISTS \`$database\`"
	[ $# -gt 0 ] || return 0
	# One transaction: a capture is thousands of single INSERTs.
	# shellcheck disable=SC2086
	{
		echo 'SET autocommit = 0;'
		cat "$@"
		echo 'COMMIT;'
	} | $client "$database"
}

case $command in
start) start "$@" ;;
stop) stop ;;
load) load "$@" ;;
*) usage ;;
esac
