# usage: awk -f tests/lint/owners.awk smtpd/session.h smtpd/*.c
#
# A field of struct session with names of files behind it belongs to those,
# and to session.c: no other file may say s->FIELD.
FNR == NR {
	if (/^struct session \{/) inside = 1
	if (/^};/) inside = 0
	if (!inside) next
	if (/;[ \t]*\/\*.*\.c/) { field = $0; sub(/;.*/, "", field)
	                          sub(/.*[ \t*]/, "", field); owned[field] }
	else if (/;/) field = ""
	line = $0; sub(/.*\/\*/, "", line); sub(/\*\/.*/, "", line)
	n = field == "" ? 0 : split(line, word, " ")
	while (n > 0) may[field, word[n--]]
	next
}
FNR == 1 { name = FILENAME; sub(/.*\//, "", name) }
name != "session.c" {
	rest = $0
	while (match(rest, /(^|[^a-z_>.])s->[a-z_]+/)) {
		field = substr(rest, RSTART, RLENGTH); sub(/.*>/, "", field)
		rest = substr(rest, RSTART + RLENGTH)
		if (!(field in owned)) continue
		used[field, name]
		if (!((field, name) in may)) {
			printf "%s:%d: %s of a session is not of this file\n",
			    FILENAME, FNR, field
			bad = 1
		}
	}
}
END {
	for (key in may)
		if (!(key in used)) {
			split(key, part, SUBSEP)
			printf "smtpd/session.h: %s is not used in %s\n",
			    part[1], part[2]
			bad = 1
		}
	exit bad
}
