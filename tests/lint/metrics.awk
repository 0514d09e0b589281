# usage: awk -f tests/lint/metrics.awk counters.def histograms.def metrics.8
#
# metrics(8) names each counter and histogram, and no other but the few that
# are not counted in a page.
FNR == 1 { file++ }
file < 3 {
	if ($0 ~ /^(ROW|HISTOGRAM)\(/) {
		split($0, part, "\"")
		want["halyard_" part[2]] = 1
	}
	next
}
/^\.It Li halyard_/ {
	if (!($3 in want) && $3 !~ /^halyard_(build_info|backend_deliveries_total|certificate_expiry_timestamp_seconds|workers_accepting)$/) {
		printf "%s:%d: %s is in no table\n", FILENAME, FNR, $3
		bad = 1
	}
	seen[$3] = 1
}
END {
	for (name in want)
		if (!(name in seen)) {
			printf "%s: %s is missing\n", FILENAME, name
			bad = 1
		}
	exit bad
}
