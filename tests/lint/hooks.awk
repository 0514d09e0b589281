# usage: awk -f tests/lint/hooks.awk common/conf/hooks.def smtpd/smtpd.8
#            deliver/deliver.8 tests/integration/test_hook_table.py
#
# The page of each hook's program has an item for the hook, which names the
# functions that end it and the codes of its default answers; and the test of
# hooks has what each of a session is told (those of the queue: the unit test
# deliver/prepare).  A text in hooks.def that says a code
# says that of the ANSWER row.
function complain(what) { print what; bad = 1 }
FNR == 1 { part++ }
part == 1 {
	row = row $0 "\n"
	if ($0 !~ /\)$/) next
	if (match(row, /(HOOK|ENDS|OWN|ANSWER)\([A-Z]+, [^)]*/)) {
		text = substr(row, RSTART, RLENGTH)
		split(text, cell, /[(,] */)
		hook = cell[2]
		if (text ~ /^HOOK/) {
			name[hook] = cell[3]
			program[hook] = cell[4]
			gsub(/"/, "", program[hook])
			page[hook] = program[hook] ".8"
		} else if (text ~ /^(ENDS|OWN)/) {
			gsub(/"/, "", cell[3])
			ends[hook, cell[3]]
			if (match(row, /Answer [0-9]+/))
				says[hook, toupper(cell[3])] = \
				    substr(row, RSTART + 7, RLENGTH - 7)
		} else
			code[hook, cell[3]] = cell[4]
	}
	row = ""
	next
}
FILENAME ~ /\.8$/ {
	here = FILENAME; sub(/.*\//, "", here)
	if (/^\.Ss /) { hooks = ($2 == "Hooks"); depth = 0 }
	if (!hooks) next
	if (/^\.Bl/) depth++
	if (/^\.El/ && --depth == 0) item = ""
	if (/^\.It Cm /) { item = $3; has[here, item] }
	if (item == "") next
	if ($1 == ".Fn") fn[here, item, $2]
	n = split($0, word, /[^0-9]+/)
	while (n > 0) number[here, item, word[n--]]
	next
}
/^    "[a-z]+": \(/ { told = $1; gsub(/[":]/, "", told); test[told] }
END {
	for (h in name) {
		if (!((page[h], name[h]) in has))
			complain(page[h] ": no item for hook " name[h])
		if (program[h] == "smtpd" && !(name[h] in test))
			complain("test_hook_table.py: what is " name[h] \
			    " told?")
		known[page[h], name[h]]
	}
	for (key in has)
		if (!(key in known)) {
			split(key, k, SUBSEP)
			complain(k[1] ": " k[2] " is not in hooks.def")
		}
	for (key in ends) {
		split(key, k, SUBSEP)
		if (!((page[k[1]], name[k[1]], k[2]) in fn))
			complain(page[k[1]] ": " name[k[1]] " has no " k[2] \
			    "()")
	}
	for (key in code) {
		split(key, k, SUBSEP)
		if (!((page[k[1]], name[k[1]], code[key]) in number))
			complain(page[k[1]] ": " name[k[1]] " says no " \
			    code[key])
		if ((key in says) && says[key] != code[key])
			complain("hooks.def: " k[1] " " k[2] " says " \
			    says[key])
	}
	exit bad
}
