# usage: awk -f tests/lint/params.awk common/conf/params.def
#            common/conf/hooks.def conf/main.cf.5
#        awk -f tests/lint/params.awk common/schedule/transport.def \
#            conf/transport.cf.5
#        and the same of policy.def
#
# main.cf(5) describes each row of params.def, with its default, and the
# parameter of each hook of hooks.def, and nothing else.
function quoted(s, n,   i) {		# the n-th string of a row
	while (n-- > 0) {
		i = index(s, "\""); s = substr(s, i + 1)
		i = index(s, "\""); text = substr(s, 1, i - 1)
		s = substr(s, i + 1)
	}
	return text
}
FILENAME ~ /\.def$/ {
	if (/^HOOK\(/) {
		name = $2; sub(/,$/, "", name)
		def["hook_" name] = ""
	}
	if ($0 ~ /^(PARAM|OPTION)\(/ && $0 !~ /##/) {
		name = $2; sub(/,$/, "", name)
		def[name] = quoted($0, 1)
	}
	next
}
/^\.Sh / { in_list = ($2 == "PARAMETERS" || $2 == "OPTIONS") }
in_list && /^\.It Sy / {
	if (!($3 in def)) {
		printf "%s:%d: %s is not in the table\n", FILENAME, FNR, $3
		bad = 1
		next
	}
	want = def[$3] == "" ? "empty" : def[$3]
	got = $0; sub(/.*; default /, "", got)
	if (got != want) {
		printf "%s:%d: default of %s is %s\n", FILENAME, FNR, $3, want
		bad = 1
	}
	seen[$3] = 1
}
END {
	for (name in def)
		if (!(name in seen)) {
			printf "%s: %s is missing\n", FILENAME, name
			bad = 1
		}
	exit bad
}
