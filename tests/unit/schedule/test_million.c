/*
 * million: a pickup visits as many limiters with a million virtual queues as
 * with ten
 *
 * What it costs is printed, and not judged: the difference is memory that is
 * not in the processor's caches.  SCHEDULE_MILLION is how many queues there
 * are (a tenth of a million otherwise).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "bench.h"

#define T0	INT64_C(1000000)

enum { PICKUPS = 100000, LIMITED = 3, BUSY = 100 };

/* What its limiters allow: all of it; or what binds is the transport, the
 * destination, or the time. */
struct load {
	const char	*name;
	uint32_t	 transport, domain;	/* concurrency */
	uint32_t	 tokens;		/* a second, of each domain */
};

static const struct load loads[] = {
	{ "free", 0, 0, 0 },
	{ "transport full", BUSY, 0, 0 },
	{ "domains full", 0, 1, 0 },
	{ "domains paced", 0, 2, 1 },
};

struct cost {
	double	cpu_ns, visits, tries;
};

static void
million_add(struct schedule *s, const struct load *l, uint32_t domain)
{
	char			   text[32];
	struct schedule_limiter_in in[LIMITED];
	struct schedule_candidate  c = { .name = STR("next"), .preference = 10,
	    .limiters = in, .limiter_count = LIMITED };
	struct schedule_entry_in   e = { .user = domain + 1,
		.candidates = &c, .candidate_count = 1 };

	snprintf(text, sizeof(text), "domain%u", (unsigned)domain);
	e.subqueue = (struct schedule_subqueue){ STR("t"), str_of(text),
		STR("x"), STR_NONE };
	in[0] = (struct schedule_limiter_in){ STR("t"),
		{ .concurrency = l->transport } };
	in[1] = (struct schedule_limiter_in){ STR("group"),
		{ .concurrency = 10000 } };
	in[2] = (struct schedule_limiter_in){ str_of(text),
		{ .concurrency = l->domain,
		.rate = { l->tokens * 1000ull, 1000 } } };
	assert_int_not_equal(schedule_add(s, &e, T0), 0);
}

static struct schedule *
million_new(const struct load *l, uint32_t queues, uint32_t entries)
{
	struct schedule *s = bench_new(2 * entries, 2 * entries);

	bench_transport(s, "t", l->transport, 0, 0);
	for (uint32_t n = 0; n < entries; n++)
		million_add(s, l, n % queues);
	return s;
}

struct flight {
	schedule_conn	conn;
	schedule_ref	ref;
};

/* BUSY attempts go on at a time; the oldest ends, and its entry waits anew.
 * Time goes on where nothing else may. */
static uint32_t
million_run(struct schedule *s)
{
	struct flight	       flight[BUSY];
	struct schedule_pickup p;
	uint32_t	       done = 0, at = 0, out = 0;
	int64_t		       now = T0, wake;

	while (done < PICKUPS || out > 0) {
		if (done < PICKUPS && out < BUSY &&
		    schedule_next(s, now, &p, &wake)) {
			flight[(at + out++) % BUSY] =
			    (struct flight){ p.conn, p.refs[0] };
			done++;
		} else if (out > 0) {
			schedule_connection_closed(s, flight[at].conn, now);
			schedule_again(s, flight[at].ref);
			at = (at + 1) % BUSY;
			out--;
		} else {
			assert_true(wake != INT64_MAX);
			now = wake;
		}
	}
	return done;
}

static struct cost
million_cost(const struct load *l, uint32_t queues, uint32_t entries)
{
	struct schedule	     *s = million_new(l, queues, entries);
	struct schedule_stats before, after;
	clock_t		      began;
	struct cost	      cost;

	million_run(s);		/* caches and lists as they will be */
	schedule_stats(s, &before);
	began = clock();
	million_run(s);
	cost.cpu_ns = (double)(clock() - began) * 1e9 / CLOCKS_PER_SEC /
	    PICKUPS;
	schedule_stats(s, &after);
	cost.visits = (double)(after.visits - before.visits) / LIMITED /
	    PICKUPS;
	cost.tries = (double)(after.tries - before.tries) / PICKUPS;
	schedule_free(&s);
	return cost;
}

static void
test_cost(void **state)
{
	const char *text = getenv("SCHEDULE_MILLION");
	uint32_t    many = text == NULL ? 100000 :
	    (uint32_t)strtoul(text, NULL, 10);

	(void)state;
	for (size_t n = 0; n < sizeof(loads) / sizeof(*loads); n++) {
		const struct load *l = &loads[n];
		struct cost	   few = million_cost(l, 10, many);
		struct cost	   all = million_cost(l, many, many);

		print_message("%-15s %6.0f and %6.0f ns, %.2f and %.2f visits "
		    "of a limiter, %.2f and %.2f tries\n", l->name, few.cpu_ns,
		    all.cpu_ns, few.visits, all.visits, few.tries, all.tries);
		assert_true(few.visits <= 4 && all.visits <= 4);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
