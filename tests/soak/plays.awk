# Which stretches of the capture are played when, and how slowly.
#   awk -v seed=S -v plays=N -v live=SECONDS -v from=EPOCH -f plays.awk cel.tsv
# A stretch begins where nobody calls and ends where nobody calls any more, so it is whole by itself. Prints "slice" lines (number,
# first and last id) and "play" lines (number, slice, its first epoch, the epoch it begins with, how many times slower) to the end of the live time.
BEGIN { FS = OFS = "\t"; x = seed % 2147483646 + 1 }
function draw(n) { x = (x * 16807) % 2147483647; return x % n }
open == 0 && $2 == "CHAN_START" {
	slices++
	id[slices] = $1
	began[slices] = $3
}
$2 == "CHAN_START" { open++ }
$2 == "CHAN_END" { open-- }
slices { until[slices] = $3; last[slices] = $1 }
END {
	# The last one was cut off: those calls would stay open for as long as `stale` says.
	if (open) slices--
	for (s = 1; s <= slices; s++) print "slice", s, id[s], last[s]
	while (made < plays && tries++ < 100 * plays) {
		s = 1 + draw(slices)
		slower = draw(4) ? 1 + draw(3) : 8
		start = draw(live)
		if (start + slower * (until[s] - began[s]) > live - 2) continue
		print "play", ++made, s, began[s], from + start, slower
	}
}
