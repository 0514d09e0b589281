# usage: awk -f tests/lint/verbs.awk mtactl/verbs.def mtactl/mtactl.8
#
# mtactl(8) has an entry for each verb, and for no other.
FNR == NR {
	if (split($0, q, "\"") > 2 && $0 ~ /^VERB\(/) verb[q[2]]
	next
}
/^\.Sh / { in_list = ($2 == "VERBS") }
in_list && /^\.It Cm / {
	name = ""
	for (i = 3; i <= NF && $i ~ /^[a-z][a-z-]*$/; i++)
		name = name (name == "" ? "" : " ") $i
	if (!(name in verb)) {
		printf "%s:%d: no verb %s\n", FILENAME, FNR, name; bad = 1
	}
	seen[name]
}
END {
	for (name in verb)
		if (!(name in seen)) {
			printf "%s: %s is missing\n", FILENAME, name; bad = 1
		}
	exit bad
}
