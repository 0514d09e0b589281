/*
 * model_route - what the model knows of routes
 *
 * The first eight are plain: whoever has one of these goes at last.
 */
#include "model_route.h"

const struct mroute_way mroutes[MROUTES][MROUTE_WAYS] = {
	{ { 1, 10, 0, 0, false, 0 } },
	{ { 1 | 2, 10, 0, 0, false, 0 } },
	{ { 1 | 4 | 8, 10, 0, 0, false, 1 } },
	{ { 8 | 16, 10, 0, 0, false, 0 } },
	{ { 1 | 8, 10, 0, 0, false, 0 }, { 2 | 8, 10, 0, 3, false, 0 } },
	{ { 4, 10, 0, 0, false, 1 }, { 16, 10, 0, 0, false, 2 },
	    { 32, 10, 0, 9, false, 3 } },
	{ { 1 | 2 | 4 | 32, 10, 0, 0, false, 0 } },
	{ { 32, 10, 0, 0, false, 0 } },
	{ { 1, 10, 0, 0, false, 1 }, { 2, 20, 0, 0, false, 2 },
	    { 4, 30, 0, 0, false, 3 } },
	{ { 8, 20, 0, 0, false, 1 }, { 16 | 1, 10, 0, 0, false, 2 } },
	{ { 4, 10, 2, 0, false, 0 }, { 16, 10, 1, 0, false, 0 },
	    { 32, 10, 2, 5, false, 0 } },
	{ { 2, 10, 3, 0, false, 1 }, { 4, 10, 2, 0, false, 1 },
	    { 8, 10, 1, 0, false, 2 } },
	{ { 1, 10, 0, 0, true, 0 }, { 2, 10, 1, 0, false, 2 },
	    { 4, 20, 0, 0, false, 3 } },
	{ { 1 | 16, 10, 0, 0, true, 1 }, { 2, 20, 0, 0, false, 2 } },
	{ { 4 | 8, 10, 0, 0, true, 0 } },
	{ { 1, 10, 0, 0, false, 1 }, { 2, 10, 0, 0, false, 1 },
	    { 32, 20, 0, 0, true, 3 } },
};

static unsigned
mroute_best(int route, unsigned barred, bool passes)
{
	unsigned best = UINT32_MAX;

	for (int n = 0; n < MROUTE_WAYS; n++) {
		const struct mroute_way *w = &mroutes[route][n];

		if (w->limiters != 0 && w->preference < best &&
		    !(passes && (barred >> w->host & 1)))
			best = w->preference;
	}
	return best;
}

unsigned
mroute_allowed(int route, unsigned barred, bool *all)
{
	unsigned best = mroute_best(route, barred, true), allowed = 0;

	*all = best == UINT32_MAX;
	if (*all)
		best = mroute_best(route, barred, false);
	for (int n = 0; n < MROUTE_WAYS; n++) {
		const struct mroute_way *w = &mroutes[route][n];

		if (w->limiters != 0 && w->preference == best && !w->closed &&
		    (*all || !(barred >> w->host & 1)))
			allowed |= 1u << n;
	}
	return allowed;
}

unsigned
mroute_limiters(int route)
{
	unsigned limiters = 0;

	for (int n = 0; n < MROUTE_WAYS; n++)
		limiters |= mroutes[route][n].limiters;
	return limiters;
}

const char *
mroute_name(unsigned n)
{
	static const char *const name[] = { "a", "b", "c" };

	return name[n];
}

struct str
mroute_host(unsigned host)
{
	static const char *const name[] = { "", "h", "i", "j" };

	return str_of(name[host]);
}

void
mroute_in(int route, const struct schedule_limiter_in *limiter,
    struct mroute_in *in)
{
	for (in->count = 0; in->count < MROUTE_WAYS; in->count++) {
		const struct mroute_way *w = &mroutes[route][in->count];
		struct schedule_candidate *c = &in->c[in->count];

		if (w->limiters == 0)
			break;
		*c = (struct schedule_candidate){
			.name = str_of(mroute_name((unsigned)in->count)),
			.host = mroute_host(w->host), .order = w->order,
			.preference = w->preference, .weight = w->weight,
			.closed = w->closed, .limiters = in->l[in->count] };
		for (int n = 0; n < MROUTE_LIMITERS; n++)
			if (w->limiters >> n & 1)
				in->l[in->count][c->limiter_count++] =
				    limiter[n];
	}
}
