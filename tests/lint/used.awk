# usage: awk -f tests/lint/used.awk common/conf/params.def
#            common/proc/counters.def SOURCES...
#
# Each parameter is read somewhere, and each counter counted.
FILENAME ~ /\.def$/ {
	if ($0 !~ /^(PARAM|ROW)\(/ || /##/) next
	name = /^PARAM/ ? $2 : $1
	gsub(/^ROW\(|,.*/, "", name)
	want[(/^PARAM/ ? "" : "COUNTER_") name] = FILENAME
	next
}
{
	rest = $0
	while (match(rest, /COUNT(_ADD)?\([a-z_]+/)) {
		name = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/.*\(/, "", name)
		delete want["COUNTER_" name]
	}
	gsub(/[^A-Za-z0-9_]+/, " ")
	n = split($0, word, " ")
	for (i = 1; i <= n; i++) delete want[word[i]]
}
END {
	for (w in want) {
		printf "%s: nothing uses %s\n", want[w], w
		bad = 1
	}
	exit bad
}
