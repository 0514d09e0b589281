/*
 * The bytes of a route are read once, and kept for the texts in them.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/mem.h"
#include "send/attempt.h"

#include "way.h"

/* What a worker says of a route another one is told: qmgr, which reads it in
 * between, has to find all that is wrong with it. */
static_assert(NEXTHOPS_ERRORS == (int)ATTEMPT_ERROR_MAX &&
    NEXTHOPS_DNS_ERRORS == (int)ATTEMPT_DNS_MAX &&
    NEXTHOPS_ERROR_DNS == (int)ATTEMPT_ERROR_DNS &&
    NEXTHOPS_DNS_OTHER == (int)ATTEMPT_DNS_OTHER, "numbers of errors");

static void
way_end(struct numbered *n)
{
	struct way	*w = (struct way *)n;

	nexthops_free(&w->hops);
	buf_free(&w->bytes);
	free(w);
}

int
way_add(uint64_t number, struct str hops)
{
	struct way	*w;

	if (!numbered_free(number))
		return -1;
	w = xcalloc(1, sizeof *w);
	buf_add_str(&w->bytes, hops);
	if (nexthops_get(&w->hops, buf_str(&w->bytes)) == -1 ||
	    numbered_add(&w->numbered, number, way_end) == -1) {
		way_end(&w->numbered);
		return -1;
	}
	return 0;
}

struct way *
way_take(uint64_t number)
{
	return (struct way *)numbered_take(number, way_end);
}

void
way_give(struct way **wp)
{
	struct way	*w = *wp;

	*wp = NULL;
	numbered_give(w != NULL ? &w->numbered : NULL);
}
