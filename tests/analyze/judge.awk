# usage: awk -v top=FOLDER/ -f tests/analyze/judge.awk tests/analyze/allow SAID
#
# Reads what a compiler-like tool said, prints the findings that no row of
# allow excuses, with what the tool says to each, and fails if there is one.
# A finding begins at "FILE:LINE:... warning|error: ... [CHECK]"; what follows
# up to the next belongs to it.
NR == FNR {
	if ($1 !~ /^#/ && NF > 2) allow[$1 " " $2]
	next
}
/^[^ ]+:[0-9]+:.* ?(warning|error): / || /^[a-z0-9-]+: (warning|error|fatal)/ {
	file = $0
	sub(/:.*/, "", file)
	if (index(file, top) == 1) file = substr(file, length(top) + 1)
	check = $0
	sub(/,-warnings-as-errors\]$/, "]", check)
	sub(/\]$/, "", check)
	sub(/.*\[-?/, "", check)
	told = !(file " " check in allow)
	if (told) bad = 1
}
/ warnings? generated\.$/ { next }
told
END { exit bad }
