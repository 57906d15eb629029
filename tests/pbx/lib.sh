# Shared by tests/pbx/*.sh: where things lie, and how the two versions differ. Source it after setting V to 22 or 16.
# shellcheck shell=sh disable=SC2034 # variables for the scripts that source this

PBX=$TOP/tests/pbx
SCRATCH=${CELSYNC_PBX:-/var/tmp/celsync-pbx}

# FreePBX 17 runs on Asterisk 22 and calls contexts by Gosub; up to 16 they are called by Macro, which Asterisk 21 has no more.
case $V in
22) SUITE=sid STYLE=gosub SIP=15060 RTP=20000 DATABASE=cdr22 ;;
16) SUITE=bullseye STYLE=macro SIP=25060 RTP=24000 DATABASE=cdr16 ;;
*) echo "22 or 16?" >&2; exit 64 ;;
esac
ROOT=$SCRATCH/asterisk$V
export LC_ALL=C

# inside COMMAND ...: in the folder of that Asterisk. Its /proc is mounted in a namespace of the command's own: nothing is left
# mounted, however it ends.
inside() {
	# shellcheck disable=SC2016 # the inner shell's own
	unshare --mount sh -c 'mount -t proc proc "$1/proc" && root=$1 && shift &&
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"' \
		sh "$ROOT" "$@"
}
# cli COMMAND: what Asterisk's console says to it.
cli() { inside asterisk -rx "$1"; }
# wait_for SECONDS COMMAND ...: until it succeeds.
wait_for() {
	tries=$(($1 * 10))
	shift
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
