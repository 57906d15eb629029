# A strict look at Prometheus' text format, as node_exporter's textfile collector wants it: prints each fault, status 1 if there is one.
# Names begin with celsync_, base units, one HELP and one TYPE before the samples of each metric, no series twice, no metric without samples.
function fault(text) { print NR ": " text ": " $0; bad = 1 }
/^# HELP / {
	if (metric != "" && !samples) fault("no samples for " metric)
	metric = $3; samples = 0; typed = 0
	if (metric in seen) fault("a second HELP")
	seen[metric] = 1
	if (metric !~ /^celsync_[a-z][a-z0-9_]*$/) fault("name")
	if (metric ~ /_(minutes|hours|days|ms|us|milliseconds|microseconds|kb|mb)$/) fault("not a base unit")
	if (metric ~ /_(total|count|sum|bucket)$/) fault("a gauge with the name of another type")
	if (NF < 4) fault("no help text")
	next
}
/^# TYPE / {
	if ($3 != metric || typed || samples) fault("TYPE belongs between HELP and samples")
	if ($4 != "gauge" || NF != 4) fault("type")
	typed = 1; next
}
/^#/ || /^$/ { fault("unexpected"); next }
{
	if (!match($0, /^[a-z_0-9]+/)) { fault("no name"); next }
	if (substr($0, 1, RLENGTH) != metric || !typed) fault("sample without its HELP and TYPE")
	rest = substr($0, RLENGTH + 1)
	if (rest !~ /^(\{[a-z_]+="([^"\\\n]|\\["\\n])*"(,[a-z_]+="([^"\\\n]|\\["\\n])*")*\})? -?[0-9]+(\.[0-9]+)?$/) fault("sample")
	series = $0; sub(/ [^ ]*$/, "", series)
	if (series in series_seen) fault("twice")
	series_seen[series] = 1; samples++; n++
}
END {
	if (metric != "" && !samples) { print "no samples for " metric; bad = 1 }
	if (!n) { print "no samples at all"; bad = 1 }
	exit bad
}
