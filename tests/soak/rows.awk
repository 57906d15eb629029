# The rows of the plays, each with the second it is due.
#   awk -v seed=S -v late=SECONDS -v dir=DIR -v day=/YYYY/MM/DD/ -f rows.awk plays cel.tsv cdr.tsv wavs
# DIR/cel.plan, cdr.plan: due, play, order, then the row. DIR/wav.plan: due, file, name. Ids of channels are counted anew in the order in
# which the channels begin, as Asterisk does; bridges and channel names are those of the play.
BEGIN {
	FS = OFS = "\t"
	h = "[0-9a-f]"
	h4 = h h h h
	ID = "[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]\\.[0-9]+"
	NAME = "-0000" h4
	BRIDGE = "_id\":\"" h4 h4 "-"
	sort = "LC_ALL=C sort -s -t '\t' -k1,1n -k2,2n -k3,3n"
}
FILENAME == ARGV[1] && $1 == "slice" { slices = $2; low[$2] = $3; high[$2] = $4 }
FILENAME == ARGV[1] && $1 == "play" { plays = $2; slice[$2] = $3; began[$2] = $4; start[$2] = $5; slower[$2] = $6; of[$3] = of[$3] " " $2 }
FILENAME == ARGV[2] {
	while (at < slices && (at == 0 || $1 > high[at])) at++
	if ($1 > high[at]) next
	cel[at, ++cels[at]] = $0
	sliced[$16] = at
	ended[$17] = $3
	channel[at, $16] = 1
}
FILENAME == ARGV[3] && $15 in sliced { s = sliced[$15]; cdr[s, ++cdrs[s]] = $0 }
FILENAME == ARGV[4] { wav[$1] = $2 } # name without its end -> file
function moved(epoch, play) { return start[play] + slower[play] * (epoch - began[play]) }
# Puts NEW for each match of a pattern in a text.
function ids(text, play,   out, id, dot) {
	while (match(text, ID)) {
		id = substr(text, RSTART, RLENGTH)
		out = out substr(text, 1, RSTART - 1) ((play, id) in number ? number[play, id] : id)
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}
function names(text, play,   out) {
	while (match(text, NAME)) {
		out = out substr(text, 1, RSTART) sprintf("%04x", play) substr(text, RSTART + 5, 4)
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}
function bridges(text, play,   out) {
	while (match(text, BRIDGE)) {
		out = out substr(text, 1, RSTART + 5) sprintf("%04x", play) substr(text, RSTART + 10, RLENGTH - 10)
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}
# A recording is there when its call has ended.
function put_wav(path, due, play,   name) {
	name = path
	sub(/,.*/, "", name)
	sub(/.*\//, "", name)
	sub(/\.wav$/, "", name)
	if (!(name in wav) || (play, name) in put) return
	put[play, name] = 1
	print due, wav[name], made(name, play) ".wav" > (dir "/wav.plan")
}
function made(row, play) {
	sub(/\/2026\/11\/23\//, day, row)
	return bridges(names(ids(row, play), play), play)
}
END {
	x = seed % 2147483646 + 1
	# Every channel's number.
	file = dir "/ids"
	for (play = 1; play <= plays; play++)
		for (k in channel) {
			split(k, part, SUBSEP)
			if (part[1] != slice[play]) continue
			split(part[2], id, ".")
			print moved(id[1], play), play, id[2], part[2] | (sort " >" file)
		}
	close(sort " >" file)
	while ((getline line < file) > 0) {
		split(line, f, "\t")
		number[f[2], f[4]] = f[1] "." counted++
	}
	for (play = 1; play <= plays; play++) {
		s = slice[play]
		for (i = 1; i <= cels[s]; i++) {
			split(cel[s, i], f, "\t")
			due = moved(f[3], play)
			row = cel[s, i]
			if (f[12] == "MixMonitor") put_wav(f[13], moved(ended[f[17]], play), play)
			sub(/^[^\t]*\t[^\t]*\t[^\t]*\t/, "", row)
			print due, play, i, f[2], due, made(row, play) | (sort " >" dir "/cel.sorted")
		}
		for (i = 1; i <= cdrs[s]; i++) {
			n = split(cdr[s, i], f, "\t")
			due = moved(ended[f[24]], play)
			f[1] = moved(f[1], play)
			f[10] *= slower[play]
			f[11] *= slower[play]
			row = f[1]
			for (k = 2; k <= n; k++) row = row OFS f[k]
			print due, play, i, made(row, play) > (dir "/cdr.plan")
			put_wav(f[18], due, play)
		}
	}
	close(sort " >" dir "/cel.sorted")
	# Ids in the order of time; some rows are committed later than others with higher ids.
	while ((getline line < (dir "/cel.sorted")) > 0) {
		x = (x * 16807) % 2147483647
		due = line
		sub(/\t.*/, "", due)
		sub(/^[^\t]*\t[^\t]*\t[^\t]*\t/, "", line)
		print due + (x % 50 ? 0 : 1 + x % late), ++count, line > (dir "/cel.plan")
	}
}
