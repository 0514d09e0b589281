# usage: awk -f mtactl/embed.awk FILES...
# Each file a.b.in becomes `static const char sample_a_b[]`, a line a string.
FNR == 1 {
	if (NR > 1) print ";"
	name = FILENAME; sub(/.*\//, "", name); sub(/\.in$/, "", name)
	gsub(/[^A-Za-z0-9]/, "_", name)
	print "static const char sample_" name "[] ="
}
{ gsub(/\\/, "\\\\\\\\"); gsub(/"/, "\\\""); gsub(/\t/, "\\t")
  print "    \"" $0 "\\n\"" }
END { print ";" }
