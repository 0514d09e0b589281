# usage: awk [-v table=1] -f mtactl/embed.awk FILES...
# Each file a.b.in becomes `static const char sample_a_b[]`, a line a string.
# With a table, sample_files[] says where in an instance each belongs.
function place(file) {
	sub(/\.in$/, "", file)
	if (file ~ /\.hsl$/) sub(/.*\//, "hooks/", file)
	else sub(/^conf\/(sample\/)?/, "", file)
	return file
}
FNR == 1 {
	if (NR > 1) print ";"
	name = FILENAME; sub(/.*\//, "", name); sub(/\.in$/, "", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	print "static const char sample_" name "[] ="
	rows = rows "    { \"" place(FILENAME) "\", sample_" name " },\n"
}
{ gsub(/\\/, "\\\\\\\\"); gsub(/"/, "\\\""); gsub(/\t/, "\\t")
  print "    \"" $0 "\\n\"" }
END {
	print ";"
	if (table)
		print "static const struct { const char *path, *text; } " \
		    "sample_files[] = {\n" rows "};"
}
