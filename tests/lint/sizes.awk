# usage: awk [-v said=1] -f tests/lint/sizes.awk tests/lint/size.allow FILES...
#
# said=1: the length of functions, too.
# Limits of the house: lines of a file and of a function, parameters, columns,
# nesting.  KNF makes this easy: a function's body stands between a "{" and a
# "}" in the first column, its name at the start of a line before.  size.allow
# holds "path:function reason" and "path reason".
function complain(line, what, key) {
	if (key in allow) { used[key] = 1; return }
	printf "%s:%d: %s\n", file, line, what
	bad = 1
}
function end_file(   limit) {
	if (file == "") return
	limit = file ~ /\.h$/ ? 150 : 600
	if (lines > limit)
		complain(lines, lines " lines, limit " limit, file)
}
function width(s,   i, c, n) {
	if (length(s) <= 80 && s !~ /\t/) return length(s)
	n = 0
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		n = c == "\t" ? n - n % 8 + 8 : n + 1
	}
	return n
}
# Commas of the outer parentheses of "name(...)".
function parameters(head,   i, c, depth, n) {
	sub(/^[^(]*/, "", head)
	for (i = 1; i <= length(head); i++) {
		c = substr(head, i, 1)
		if (c == "(") depth++
		else if (c == ")" && --depth == 0) break
		else if (c == "," && depth == 1) n++
	}
	return n + 1
}
NR == FNR {
	if ($1 !~ /^#/ && NF > 1) allow[$1]
	next
}
FNR == 1 { end_file(); file = FILENAME; head = ""; inside = 0 }
{ lines = FNR }
width($0) > 80 { complain(FNR, width($0) " columns, limit 80", file) }
/^[a-z_][A-Za-z0-9_]*\(/ { head = $0; name = $0; sub(/\(.*/, "", name); next }
/^\{/ && head != "" {
	inside = 1; start = FNR
	if (parameters(head) > 6)
		complain(FNR, name "() has " parameters(head) \
		    " parameters, limit 6", file ":" name)
	head = ""
	next
}
/^\}/ && inside {
	inside = 0
	if (file !~ /^tests\//) bodies[count++] = FNR - start - 1
	if (FNR - start - 1 > 100)
		complain(start, name "() has " FNR - start - 1 \
		    " lines, limit 100", file ":" name)
	next
}
inside && /^\t\t\t\t\t\t[^\t ]/ {
	complain(FNR, name "() nests deeper than 4", file ":" name)
}
head != "" { head = head " " $0 }
head ~ /;[ \t]*$/ { head = "" }
# Of the product's functions 95 in 100 are at most 30 lines long.
function percentile(   i, n, of) {
	for (i = 0; i < count; i++) of[bodies[i]]++
	for (i = 0; n < count * 0.95; i++) n += of[i]
	return i - 1
}
END {
	end_file()
	p95 = percentile()
	if (said) printf "%d functions, 95 in 100 have at most %d lines\n", \
	    count, p95
	if (p95 > 30) {
		printf "95 in 100 functions have at most %d lines, limit 30\n", p95
		bad = 1
	}
	for (k in allow)
		if (!(k in used)) {
			printf "tests/lint/size.allow: %s needs no exception\n", k
			bad = 1
		}
	exit bad
}
