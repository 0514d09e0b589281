# usage: awk -f tests/lint/messages.awk common/ipc/ipc.def SOURCES...
#
# No two messages of ipc.def have one id or one name, and each is written and
# read somewhere.  One without fields is told by its type, IPC_NAME.
function complain(what) { print what; bad = 1 }
FILENAME ~ /ipc\.def$/ {
	if ($0 !~ /^MSG\(/) next
	row = $0
	gsub(/^MSG\( *|,/, "", row)
	split(row, cell, " ")
	if (cell[1] in id)
		complain("ipc.def: " id[cell[1]] " and " cell[2] " have id " cell[1])
	if (cell[2] in name) complain("ipc.def: two messages " cell[2])
	id[cell[1]] = cell[2]
	name[cell[2]]
	next
}
FILENAME ~ /^common\/ipc\/ipc\.[ch]$/ { next }
{
	rest = $0
	while (match(rest, /(CHANNEL_(SEND|PUT)\([^,]*, |ipc_put_)[A-Z_]+/)) {
		word = substr(rest, RSTART, RLENGTH)
		rest = substr(rest, RSTART + RLENGTH)
		sub(/.*[, ]|ipc_put_/, "", word)
		written[word]
	}
	rest = $0
	while (match(rest, /IPC_[A-Z_]+/)) {
		written[substr(rest, RSTART + 4, RLENGTH - 4)]
		got[substr(rest, RSTART + 4, RLENGTH - 4)]
		rest = substr(rest, RSTART + RLENGTH)
	}
	rest = $0
	while (match(rest, /ipc_get_[A-Z_]+/)) {
		got[substr(rest, RSTART + 8, RLENGTH - 8)]
		rest = substr(rest, RSTART + RLENGTH)
	}
}
END {
	got["HINT"]			# by qmgr, when it sends mail
	for (n in name) {
		if (!(n in written)) complain("ipc.def: nobody sends " n)
		if (!(n in got)) complain("ipc.def: nobody reads " n)
	}
	exit bad
}
