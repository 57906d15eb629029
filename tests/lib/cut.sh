# Shared by tests that need few calls, or calls of just now. Source it after tap.sh.
# shellcheck shell=sh

# Thirteen calls of all sorts: in and out, answered and missed, a group, transfers with and without asking.
CALLS="1795397158.2 1795397163.4 1795397182.8 1795397261.41 1795397275.49 1795397397.106 1795397544.144 1795397564.150
	1795397692.203 1795397695.207 1795397817.259 1795398088.319 1795398604.7 1795398608.9"

# cut_capture: $CALLS as they are, in $T/small.db.
cut_capture() {
	cp "$CAPTURE/master.db" "$T/small.db"
	# shellcheck disable=SC2086
	list=$(printf "'%s'," $CALLS)
	sqlite3 "$T/small.db" "delete from cel where linkedid not in (${list%,}); delete from cdr where linkedid not in (${list%,})"
}

# cut_to_now: moves them, so that the last row is twenty seconds old: only young calls are told with ACCEPTED.
cut_to_now() {
	newest=$(sqlite3 "$T/small.db" "select cast(strftime('%s', max(substr(eventtime, 1, 19))) as integer) from cel")
	delta=$(($(date +%s) - newest - 20))
	{
		echo "begin;"
		# Of an id only the epoch changes; names of recordings keep theirs.
		sqlite3 "$T/small.db" "select distinct substr(uniqueid, 1, instr(uniqueid, '.') - 1) from cel" | while read -r epoch; do
			for column in cel.eventextra cel.uniqueid cel.linkedid cdr.uniqueid cdr.linkedid; do
				echo "update ${column%.*} set ${column#*.} = replace(${column#*.}, '$epoch.', '$((epoch + delta)).');"
			done
		done
		for column in cel.eventtime cdr.calldate cdr.start cdr.answer cdr.end; do
			name="\"${column#*.}\""
			echo "update ${column%.*} set $name = datetime(substr($name, 1, 19), '+$delta seconds') || substr($name, 20) where $name <> '';"
		done
		echo "commit;"
	} >"$T/shift.sql"
	sqlite3 "$T/small.db" <"$T/shift.sql"
}

# cut_recordings DIR: copies their recordings, an hour old (tap.sh recordings_there).
cut_recordings() {
	sqlite3 "$T/small.db" "select recordingfile from cdr union select appdata from cel where appname = 'MixMonitor'" >"$T/names"
	(cd "$CAPTURE/monitor" && find . -name '*.wav') | while read -r wav; do
		grep -qF "$(basename "$wav" .wav)" "$T/names" || continue
		mkdir -p "$1/$(dirname "$wav")"
		cp "$CAPTURE/monitor/$wav" "$1/$wav"
		touch -d '1 hour ago' "$1/$wav"
	done
}
