# usage: awk -f tests/lint/events.awk common/base/events.def \
#	    common/base/halyard-log.5 source...
#	awk -v write=1 -f ... > new-page
#
# Each LOG() uses fields that its event's row in events.def names, each row
# and field is used, and what halyard-log(5) holds between its marks is made
# of that table.  write=1 prints the page as it should be.

function complain(text) {
	if (!write) print text
	bad = 1
}
function quoted(s, n,   i) {		# the n-th string of a row
	while (n-- > 0) {
		i = index(s, "\""); s = substr(s, i + 1)
		i = index(s, "\""); text = substr(s, 1, i - 1)
		s = substr(s, i + 1)
	}
	return text
}
function sentence(s) {
	return toupper(substr(s, 1, 1)) substr(s, 2) "."
}
# words in lines of a page
function wrapped(words,   n, w, i, line, out) {
	n = split(words, w, " ")
	line = ".Li"
	for (i = 1; i <= n; i++) {
		if (length(line) + length(w[i]) > 76) {
			out = out line "\n"
			line = ".Li"
		}
		line = line " " w[i]
	}
	return out line
}
function take_row(row,   id, level, n, w, i) {
	id = row; sub(/^[A-Z]*\(/, "", id); sub(/,.*/, "", id)
	if (row ~ /^FIELD/) {
		field_help[id] = quoted(row, 1)
		field_list = field_list "\n.It Li " id "\n" \
		    sentence(quoted(row, 1))
		return
	}
	level = row; sub(/^[^"]*"[^"]*", */, "", level); sub(/,.*/, "", level)
	fields[id] = quoted(row, 2)
	n = split(fields[id], w, " ")
	for (i = 1; i <= n; i++) {
		allowed[id, w[i]] = 1
		wanted[w[i]] = 1
	}
	event_list = event_list "\n.It Li " quoted(row, 1) " Pq " \
	    tolower(level) "\n" sentence(quoted(row, 3)) "\n.br\n" \
	    wrapped(fields[id])
}
function use(event, key) {
	if (!((event, key) in allowed))
		complain(FILENAME ":" FNR ": " key " is not a field of " event)
	used[event, key] = 1
	used[event] = 1
}

FNR == 1 { file++; event = "" }

# ---- The table

file == 1 && (/^EVENT\(/ || /^FIELD\(/) { row = "" }
file == 1 {
	row = row " " $0
	if ($0 ~ /"\)$/) {
		sub(/^ */, "", row)
		take_row(row)
		row = ""
	}
	next
}

# ---- The page

file == 2 && FNR == 1 {
	list["events"] = substr(event_list, 2)
	list["fields"] = substr(field_list, 2)
}
file == 2 && /^\.\\" begin / {
	if (write) print $0 "\n" list[$3]
	inside = $3
	got = ""
	next
}
file == 2 && /^\.\\" end/ {
	if (got != list[inside] "\n")
		complain(FILENAME ":" FNR ": " inside " are not those of " \
		    "events.def; make it anew with write=1")
	inside = ""
	seen++
}
file == 2 {
	if (inside != "") got = got $0 "\n"
	else if (write) print
	next
}

# ---- The sources

write { exit }
{
	line = $0
	if (line ~ /^ \*/ || line ~ /^#define/ || line ~ /^\t\{ \.key/)
		next
	while (match(line, /(LOG\(|LOG_[A-Z_]+\("[a-z_]+"|[()])/)) {
		what = substr(line, RSTART, RLENGTH)
		before = substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		gsub(/"([^"\\]|\\.)*"/, "", before)
		if (what == "LOG(" && before !~ /[A-Za-z_]$/) {
			event = line; depth = 1
			if (event !~ /^EV_[A-Z_]+,/) {
				complain(FILENAME ":" FNR ": LOG() of " \
				    "something that is no EV_ name")
				event = ""
				continue
			}
			sub(/^EV_/, "", event); sub(/,.*/, "", event)
			if (!(event in fields))
				complain(FILENAME ":" FNR ": " event)
			used[event] = 1
		} else if (what ~ /^LOG_/) {
			depth++
			key = what; sub(/^[^"]*"/, "", key); sub(/"/, "", key)
			if (event == "")
				complain(FILENAME ":" FNR ": a field outside " \
				    "of LOG()")
			else
				use(event, key)
		} else if (what ~ /\($/)
			depth++
		else if (--depth == 0)
			event = ""
	}
}

END {
	if (write) exit
	if (seen != 2)
		complain("halyard-log.5: the marks are gone")
	for (id in fields) {
		if (!(id in used))
			complain("events.def: nobody logs " id)
		n = split(fields[id], w, " ")
		for (i = 1; i <= n; i++) {
			if (!((id, w[i]) in used))
				complain("events.def: " id " has no " w[i])
			if (!(w[i] in field_help))
				complain("events.def: no FIELD " w[i])
		}
	}
	for (f in field_help)
		if (!(f in wanted))
			complain("events.def: no event has " f)
	exit bad
}
