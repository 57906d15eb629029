# The faults of one part of the world, the same for the same seed.
#   awk -v seed=S -v live=SECONDS -v lane=planfix|database|disk|runs -f faults.awk
# A line: seconds to wait, kind, how long in seconds, argument. Of "runs": how many at once, the signal or -, after how many ms.
BEGIN {
	OFS = "\t"
	x = (seed + length(lane) * 7919) % 2147483646 + 1
	for (i = 0; i < 10; i++) draw(2)
	if (lane == "runs") for (i = 0; i < 4 * live; i++) run()
	else while (at < live) at += fault()
}
function draw(n) { x = (x * 16807) % 2147483647; return x % n }
function from(least, most) { return least + draw(most - least + 1) }
function put(gap, kind, lasts, words) { print gap, kind, lasts, words; return gap + lasts }
function rule(words) { return put(from(1, 8), "rule", 0, words) }
function fault(   k) {
	if (lane == "planfix") {
		k = draw(16)
		if (k == 0) return put(from(3, 15), "away", from(1, 8))
		if (k == 1) return put(from(3, 15), "frozen", from(1, 6))
		if (k == 2) return put(from(3, 15), "only", from(1, 6), "status 503")
		if (k == 3) return put(from(3, 15), "only", from(1, 4), "hang")
		if (k == 4) return put(from(3, 15), "only", from(1, 4), "status 401")
		if (k == 5) return rule("count " from(1, 3) " hang")
		if (k <= 7) return rule("count " from(1, 4) " drop")
		if (k <= 9) return rule("count " from(1, 4) " half")
		if (k == 10) return rule("count " from(1, 5) " status 500")
		if (k == 11) return rule("count " from(1, 5) " status 502 body <html>Bad gateway</html>")
		if (k == 12) return rule("count " from(1, 3) " status 429 retry-after 1")
		if (k == 13) return rule("count " from(1, 3) " garbage")
		return rule("count " from(1, 6) " slow " from(200, 5000))
	}
	if (lane == "database") {
		k = draw(6)
		if (k == 0) return put(from(10, 30), "restart", from(0, 8))
		if (k == 1) return put(from(10, 30), "crash", from(0, 4))
		if (k == 2) return put(from(5, 20), "stall", from(1, 8))
		if (k == 3) return put(from(5, 20), "lock", from(2, 8))
		return put(from(3, 15), k == 4 ? "query" : "connection", from(1, 4))
	}
	k = draw(3)
	return put(from(8, 30), k == 0 ? "store full" : k == 1 ? "spool full" : "store read-only", from(1, 8))
}
function run(   k) {
	k = draw(10)
	print draw(5) ? 1 : 2, k < 3 ? "KILL" : k == 3 ? "TERM" : k == 4 ? "INT" : "-", from(1, draw(3) ? 400 : 3000)
}
