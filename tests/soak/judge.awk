# What arrived against what a run that nobody disturbs tells; prints what is wrong.
#   awk [-v watch=poll|hook] -f judge.awk lost unknown wanted arrived
# lost, unknown: "callid ext event" as the store lists them. wanted, arrived: lines of a stand-in's log, in their order: cmd, callid, ext, event,
# is_recorded, yes where a link went along, and all other fields.
# With watch, windows were opened too: a window that was closed early (as Cancelled) and opened again has more than one COMPLETED, the last of
# which is the call's; whatever window was opened is closed behind that, unless the answer to its opening was lost.
BEGIN { FS = "\t" }
FILENAME == ARGV[1] { lost[$0] = 1; if ($0 ~ / record$/) lost[substr($0, 1, index($0, " ") - 1) "  record"] = 1; next }
FILENAME == ARGV[2] { unknown[$0] = 1; if ($0 ~ /COMPLETED$|record$/) unlinked[substr($0, 1, index($0, " ") - 1)] = 1; next }
{ key = $2 " " $3 " " ($1 == "record" ? "record" : $4) }
FILENAME == ARGV[3] {
	if ($6 == "yes") link[$2] = 1
	if ($1 == "record") next
	wanted[key] = $7
	recorded[key] = $5
	next
}
watch && $1 == "event" && ($4 == "INCOMING" || $4 == "OUTGOING") {
	# The hook knows of no window: a phone that a queue rings anew is announced anew.
	if (watch == "poll" && ($2 " " $3) in open && !lost[key]) print "opened twice: " key
	opened[$2 " " $3]++
	got[key]++
	open[$2 " " $3] = $4
	delete ended[$2, $3]
	next
}
{
	got[key]++
	if ($6 == "yes") linked[$2] = 1
	if ($1 == "record") { if (!link[$2]) print "a link nobody wants: " key; next }
	if (!(key in wanted)) { print "never asked for: " key; next }
	if (watch && $4 == "COMPLETED") {
		if (key in early) judge(key, early[key])
		delete early[key]
		if ($7 != wanted[key]) { if ($7 ~ /"status":"Cancelled"/) early[key] = $7; else judge(key, $7) }
	} else judge(key, $7)
	# What was awaited may turn out to be silence.
	if ($5 == 0 && recorded[key] == 1 && !(key in early)) print "said to be without a recording: " key
	if ($4 == "COMPLETED") { ended[$2, $3] = 1; delete open[$2 " " $3] }
	else if (($2, $3) in ended) print "overtaken by its COMPLETED: " key
}
# An early COMPLETED must be followed by the opening of another window, and by the call's own.
function judge(key, fields,   who) {
	who = substr(key, 1, match(key, / [^ ]*$/) - 1)
	if (fields == wanted[key] || (watch && fields ~ /"status":"Cancelled"/ && opened[who] > 0)) return
	print "not as it should be: " key "\n  " fields "\n  " wanted[key]
}
function windows(key) { return opened[substr(key, 1, match(key, / [^ ]*$/) - 1)] }
END {
	for (key in early) print "closed early, and not again: " key
	for (key in open) if (!lost[key " " open[key]]) print "a window is left open: " key
	for (key in got) {
		# Of windows it was judged as they came.
		if (watch && key ~ /INCOMING$|OUTGOING$/) continue
		most = windows(key) > 1 ? windows(key) : 1
		if (got[key] > most && !lost[key] && key !~ /record$/) print got[key] " times, and no answer is noted as lost: " key
		if (got[key] > 2 * most && key !~ /record$/) print got[key] " times: " key
	}
	for (key in wanted) if (!got[key] && !unknown[key]) print "did not arrive: " key
	for (call in link) if (!linked[call] && !unlinked[call]) print "no link: " call
}
