# What arrived against what a run that nobody disturbs tells; prints what is wrong.
#   awk -f judge.awk lost unknown wanted arrived
# lost, unknown: "callid ext event" as the store lists them. wanted, arrived: lines of a stand-in's log, in their order: cmd, callid, ext, event,
# is_recorded, yes where a link went along, and all other fields.
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
{
	got[key]++
	if ($6 == "yes") linked[$2] = 1
	if ($1 == "record") { if (!link[$2]) print "a link nobody wants: " key; next }
	if (!(key in wanted)) { print "never asked for: " key; next }
	if ($7 != wanted[key]) print "not as it should be: " key "\n  " $7 "\n  " wanted[key]
	# What was awaited may turn out to be silence.
	if ($5 == 0 && recorded[key] == 1) print "said to be without a recording: " key
	if ($4 == "COMPLETED") ended[$2, $3] = 1
	else if (($2, $3) in ended) print "overtaken by its COMPLETED: " key
}
END {
	for (key in got) {
		if (got[key] > 1 && !lost[key] && key !~ /record$/) print got[key] " times, and no answer is noted as lost: " key
		if (got[key] > 2 && key !~ /record$/) print got[key] " times: " key
	}
	for (key in wanted) if (!got[key] && !unknown[key]) print "did not arrive: " key
	for (call in link) if (!linked[call] && !unlinked[call]) print "no link: " call
}
