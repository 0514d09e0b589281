/*
 * rate: tokens taken under some limits, and what is there when the limits
 * have been changed for others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "schedule/schedule_rate.h"

#define T0	INT64_C(1000000)	/* a window of any of them begins */

#define SPREAD	SCHEDULE_SPREAD
#define BUCKET	SCHEDULE_TOKENBUCKET
#define WINDOW	SCHEDULE_FIXEDWINDOW

struct side {
	enum schedule_algorithm	algorithm;
	unsigned		n;
	int			per_ms;
};

static const struct {
	const char	*name;
	struct side	 from, to;
	unsigned	 take;		/* at T0 + at */
	int		 at, change;	/* after T0 */
	unsigned	 want;
	int		 next;		/* when one is there, after T0 */
} row[] = {
	{ "nothing taken, window", { SPREAD, 5, 1000 }, { WINDOW, 7, 1000 },
	    0, 0, 100, 7, 100 },
	{ "nothing taken, bucket", { WINDOW, 5, 1000 }, { BUCKET, 7, 1000 },
	    0, 0, 100, 7, 100 },
	{ "bucket to window", { BUCKET, 5, 1000 }, { WINDOW, 7, 1000 },
	    3, 0, 0, 4, 0 },
	{ "an empty bucket to a smaller window", { BUCKET, 50, 1000 },
	    { WINDOW, 7, 1000 }, 50, 0, 0, 0, 1000 },
	{ "window to bucket", { WINDOW, 5, 1000 }, { BUCKET, 5, 1000 },
	    3, 0, 0, 2, 0 },
	{ "an empty window to a smaller bucket", { WINDOW, 50, 1000 },
	    { BUCKET, 5, 1000 }, 50, 10, 20, 0, 1000 },
	{ "a window that is over", { WINDOW, 5, 1000 }, { BUCKET, 5, 1000 },
	    5, 900, 1000, 5, 1000 },
	{ "window to spread: as if spread", { WINDOW, 5, 1000 },
	    { SPREAD, 5, 1000 }, 4, 0, 100, 0, 700 },
	{ "and not longer than its end", { WINDOW, 5000, 1000 },
	    { SPREAD, 50, 1000 }, 5000, 0, 100, 0, 1000 },
	{ "but for one token", { WINDOW, 5, 1000 },
	    { SPREAD, 1, 10000 }, 5, 0, 100, 0, 10100 },
	{ "spread to window: the most it can have been",
	    { SPREAD, 10, 1000 }, { WINDOW, 10, 1000 }, 1, 500, 500, 4, 500 },
	{ "a window to a longer one", { WINDOW, 5, 1000 },
	    { WINDOW, 20, 10000 }, 3, 2500, 2600, 7, 2600 },
	{ "a window to one that begins later", { WINDOW, 5, 10000 },
	    { WINDOW, 20, 1000 }, 3, 2500, 2600, 17, 2600 },
	{ "a faster spread is faster at once", { SPREAD, 1, 100000 },
	    { SPREAD, 10, 1000 }, 1, 0, 10, 0, 50 },
	{ "a slower one is slower at once", { SPREAD, 10, 1000 },
	    { SPREAD, 1, 1000 }, 1, 0, 0, 0, 500 },
	{ "spread to bucket: it begins empty", { SPREAD, 10, 1000 },
	    { BUCKET, 10, 1000 }, 1, 0, 150, 1, 150 },
	{ "bucket to spread", { BUCKET, 10, 1000 },
	    { SPREAD, 10, 1000 }, 9, 0, 0, 0, 50 },
	{ "a bucket misses as many", { BUCKET, 20, 1000 },
	    { BUCKET, 5, 1000 }, 4, 0, 0, 1, 0 },
	{ "none before", { SPREAD, 0, 0 }, { WINDOW, 5, 1000 },
	    3, 0, 0, 5, 0 },
};

static struct schedule_limits
limits(const struct side *side)
{
	return (struct schedule_limits){ .algorithm = side->algorithm,
		.rate = { side->n * 1000ull, side->per_ms } };
}

static void
test_convert(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(row) / sizeof(*row); n++) {
		struct schedule_limits from = limits(&row[n].from);
		struct schedule_limits to = limits(&row[n].to);
		int64_t		       tat = INT64_MIN / 2;
		int64_t		       now = T0 + row[n].change;
		unsigned	       got;

		if (row[n].take > 0)
			tat = rate_take(&from, tat, T0 + row[n].at,
			    row[n].take);
		tat = rate_convert(&from, &to, tat, now);
		got = rate_tokens(&to, tat, now, 10000);
		if (got != row[n].want || rate_when(&to, tat, now) !=
		    T0 + row[n].next)
			fail_msg("%s: %u, next after %d", row[n].name, got,
			    (int)(rate_when(&to, tat, now) - T0));
	}
}

/*
 * Who looks only now and then gets what there is all the same, up to 10 ms;
 * and never more than one too many in a window that is 50 ms shorter.
 */
static void
test_late(void **state)
{
	const struct schedule_limits l = { .rate = { 1000000, 1000 } };
	static uint32_t	 took[10000];
	int64_t		 tat, ms;
	uint32_t	 all, window, most;

	(void)state;
	for (int every = 1; every <= 15; every++) {
		tat = INT64_MIN / 2;
		all = window = most = 0;
		memset(took, 0, sizeof(took));
		for (ms = 0; ms < 10000; ms++) {
			/* Late for a second, it does not catch up. */
			if (ms % every == 0 && ms / 1000 != 5) {
				took[ms] = rate_tokens(&l, tat, T0 + ms,
				    UINT32_MAX);
				tat = rate_take(&l, tat, T0 + ms, took[ms]);
			}
			all += took[ms];
			window += took[ms];
			if (ms >= 950)
				window -= took[ms - 950];
			most = window > most ? window : most;
		}
		assert_true(most <= 1001);
		if (every <= 10)
			assert_in_range(all, 8900, 9020);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_convert),
		cmocka_unit_test(test_late),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
