# usage: awk -f tests/lint/openings.awk FILES.c...
#
# Every source begins with a comment that says what it is, in a sentence.
function complain(file, what) {
	printf "%s: %s\n", file, what
	bad = 1
}
FNR == 1 {
	file = FILENAME
	text = ""
	open = /^\/\*/
	if (!open)
		complain(file, "no comment says what this is")
}
open {
	line = $0
	open = !sub(/\*\/.*/, "", line)
	sub(/^[ \t]*\/?\*?[ \t]*/, "", line)
	text = text " " line
	if (!open && (split(text, words, " ") < 4 || text !~ /[.:]/))
		complain(file, "the first comment is no sentence")
}
END { exit bad }
