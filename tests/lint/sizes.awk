# usage: awk -f tests/lint/sizes.awk tests/lint/size.allow FILES...
#
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
	limit = file ~ /\.h$/ ? 150 : 800
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
END {
	end_file()
	for (k in allow)
		if (!(k in used)) {
			printf "tests/lint/size.allow: %s needs no exception\n", k
			bad = 1
		}
	exit bad
}
