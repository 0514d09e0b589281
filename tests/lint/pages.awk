# usage: awk -f tests/lint/pages.awk FILES PAGES...
#
# FILES holds the names of all files, one a line.  Pages for who works on the
# house have lines under 120 columns, a file that is named in `quotes` is there,
# by its path or the end of it, and so are the tests in the last column of a
# table whose head ends in "tests".
function complain(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what
	bad = 1
}
function known(path,   i) {
	if (path in seen) return seen[path]
	if (path in file) return seen[path] = 1
	for (i in file)
		if (length(i) > length(path) && substr(i, length(i) - \
		    length(path)) == "/" path)
			return seen[path] = 1
	return seen[path] = 0
}
function test_file(said,   w, n) {
	n = split(said, w, " ")
	if (w[1] == "unit" && w[2] !~ /\//) return "tests/unit/" w[2]
	if (w[1] == "unit") {
		sub(/\//, "/test_", w[2])
		return "tests/unit/" w[2] ".c"
	}
	return w[1] == "fuzz" ? "tests/fuzz/fuzz_" w[2] ".c" : \
	    "tests/integration/test_" w[1] ".py"
}
NR == FNR {
	sub(/^\.\//, "")
	file[$0]
	while (sub(/\/[^\/]*$/, "")) file[$0]
	next
}
FNR == 1 { fence = table = 0 }
/^```/ { fence = !fence }
{
	line = $0
	gsub(/[\200-\277]/, "", line)		# what continues a letter
	if (length(line) >= 120) complain(length(line) " columns, limit 119")
}
!/^\|/ { table = 0 }
/\| tests \|$/ { table = 1; next }
table && !/^\| ---/ {
	n = split($0, cell, "|")
	kind = ""
	k = split(cell[n - 1], each, ",")
	for (i = 1; i <= k; i++) {
		said = each[i]
		gsub(/^ +| +$/, "", said)
		if (said ~ /^[a-z_]+$/ && kind == "fuzz") said = "fuzz " said
		kind = said ~ /^fuzz / ? "fuzz" : ""
		if (!known(test_file(said)))
			complain("no test " test_file(said))
	}
}
!fence {
	n = split($0, part, "`")
	for (i = 2; i <= n; i += 2)
		if (part[i] ~ /^[a-zA-Z0-9_.\/]+\.(c|h|def|py|awk|hsl|md)$/ && \
		    part[i] !~ /NAME|WHAT/ && !known(part[i]))
			complain("no file " part[i])
}
END { exit bad }
