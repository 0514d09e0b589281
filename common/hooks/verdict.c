#include <stdlib.h>

#include "base/mem.h"

#include "verdict.h"

void
verdict_init(struct verdict *v)
{
	*v = (struct verdict){ .action = VERDICT_NONE };
}

void
verdict_fini(struct verdict *v)
{
	size_t	i;

	for (i = 0; i < v->line_count; i++)
		free((char *)(size_t)v->lines[i].p);
	free(v->lines);
	verdict_init(v);
}

void
verdict_add_line(struct verdict *v, struct str line)
{
	v->lines = xreallocarray(v->lines, v->line_count + 1,
	    sizeof *v->lines);
	v->lines[v->line_count].p = xstrndup(line.p, line.len);
	v->lines[v->line_count++].len = line.len;
}
