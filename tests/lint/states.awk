# usage: awk -f tests/lint/states.awk smtpd/life.c ARCHITECTURE.md
#            tests/integration/test_states.py
#
# ARCHITECTURE.md shows the table of life.c, cell by cell; and of its table of
# a worker's states each cell with something in it has a test by its name.
function words(s) {		# of one cell
	gsub(/`|\([^)]*\)/, "", s)
	gsub(/^[ \t]+|[ \t]+$/, "", s)
	return tolower(s)
}
FNR == 1 { file++ }
file == 1 && /^ROW\(/ {
	gsub(/ROW\(|\)|[ \t]/, "")
	n = split($0, cell, ",")
	for (i = 2; i < n; i++)
		code[cell[1]] = code[cell[1]] " " cell[i]
	next
}
file == 1 && /\[MODE_[A-Z]+\] = [a-z]+_[a-z]+,/ {
	mode = $1; gsub(/\[MODE_|\]/, "", mode)
	read = $3; sub(/.*_/, "", read); sub(/,/, "", read)
	reader[mode] = read
	next
}
file == 2 && /^\| +\|/ {
	n = split($0, head, "|")
	workers = /SIGTERM/; modes = /bytes/
	next
}
file == 2 && modes && /^\| [A-Z]+ \|/ {
	n = split($0, cell, "|"); mode = words(cell[2]); mode = toupper(mode)
	shown[mode]; text = ""
	for (i = 4; i < n; i++)
		text = text " " words(cell[i])
	want = (mode in reader) ? reader[mode] : "–"
	if (words(cell[3]) " " text != want " " code[mode]) {
		printf "%s:%d: in life.c %s is %s%s\n", FILENAME, FNR, mode,
		    want, code[mode]
		bad = 1
	}
	next
}
file == 2 && workers && /^\| [a-z]/ {
	n = split($0, cell, "|"); split(words(cell[2]), state, " ")
	for (i = 3; i < n; i++) {
		if (cell[i] ~ /–/) continue
		event = words(head[i])
		sub(/ passes| is/, "", event)
		k = split(event, each, /, | or /)
		for (j = 1; j <= k; j++) {
			gsub(/ /, "_", each[j])
			test["test_" state[1] "_" each[j]]
		}
	}
	next
}
file == 2 && !/^\|/ { workers = modes = 0 }
file == 3 && /^def test_/ { sub(/\(.*/, "", $2); has[$2] }
END {
	for (mode in code)
		if (!(mode in shown)) {
			printf "ARCHITECTURE.md: no row of %s\n", mode
			bad = 1
		}
	for (name in test)
		if (!(name in has)) {
			printf "tests/integration/test_states.py: no %s\n", name
			bad = 1
		}
	exit bad
}
