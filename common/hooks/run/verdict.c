/*
 * The storage of a verdict.
 */
#include <string.h>

#include "hooks/verdict.h"

#define VERDICT_LINES	128	/* of one reply; more are dropped */

void
verdict_init(struct verdict *v)
{
	memset(v, 0, sizeof *v);
	v->arena = (struct arena)ARENA_INIT;
}

void
verdict_fini(struct verdict *v)
{
	arena_free(&v->arena);
	verdict_init(v);
}

void
verdict_add_line(struct verdict *v, struct str line)
{
	if (v->lines == NULL)
		v->lines = arena_alloc(&v->arena,
		    VERDICT_LINES * sizeof *v->lines);
	if (v->line_count < VERDICT_LINES)
		v->lines[v->line_count++] = arena_str(&v->arena, line);
}

const char *
verdict_name(enum verdict_action action)
{
	static const char *const	names[VERDICT_MAX] = {
		[VERDICT_NONE] = "none", [VERDICT_ACCEPT] = "accept",
		[VERDICT_REJECT] = "reject", [VERDICT_DEFER] = "defer",
		[VERDICT_REPLY] = "reply",
	};

	return names[action];
}
