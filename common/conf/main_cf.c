/*
 * main.cf: one "name = value" a logical line, each name once.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "parse.h"

void
main_cf_parse(const struct source *src, struct settings *s)
{
	struct line	 l = LINE_INIT;
	struct lines	 reader;
	struct place	 at;
	size_t		 row;
	int		*first = xcalloc(param_count, sizeof *first);

	lines_init(&reader, src->text);
	while (!reports_full(src->reports) && lines_next(&reader, &l)) {
		if (!line_sane(src, &l))
			continue;
		row = line_assign(src, &l, buf_str(&l.text), s);
		if (row == param_count)
			continue;
		at = line_place(src, &l, 0);
		if (first[row] != 0)
			report(src->reports, &at, "%s is already set in "
			    "line %d", param_rows[row].name, first[row]);
		else
			first[row] = at.line;
	}
	line_free(&l);
	free(first);
}
