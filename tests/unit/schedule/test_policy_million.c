/*
 * policy_million: three policies over a million sub-queues, as they are
 * matched; a pickup visits as many limiters as with ten
 *
 * SCHEDULE_MILLION is how many sub-queues there are (a tenth of a million
 * otherwise).  What it costs is printed, and not judged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "bench.h"
#include "laws.h"

#define T0	INT64_C(1000000)

enum { PICKUPS = 100000, BUSY = 100, POLICIES = 3 };

static const struct {
	const char	*name, *file;
} laws[] = {
	{ "free", "policy all - -o concurrency=10000\n"
	    "policy tenant tenantid -o concurrency=10000\n"
	    "policy domain recipientdomain -o concurrency=10\n" },
	{ "domains full", "policy all - -o concurrency=10000\n"
	    "policy tenant tenantid -o concurrency=10000\n"
	    "policy domain recipientdomain -o concurrency=1\n" },
	{ "two shared full", "policy all - -o concurrency=100\n"
	    "policy tenant tenantid -o concurrency=100\n"
	    "policy domain recipientdomain -o concurrency=10\n" },
	{ "domains paced", "policy all - -o concurrency=10000\n"
	    "policy tenant tenantid -o concurrency=10000\n"
	    "policy domain recipientdomain -o concurrency=2 -o rate=1\n" },
};

static void
million_add(struct schedule *s, struct policy_matcher *m, uint32_t domain)
{
	char				 text[32];
	struct schedule_limiter_in	 in[SCHEDULE_LIMITERS];
	struct schedule_candidate	 c = { .name = STR("next"),
		.preference = 10, .limiters = in };
	struct schedule_entry_in	 e = { .user = domain + 1,
		.candidates = &c, .candidate_count = 1 };
	struct policy_values		 v = { .of = { STR_NONE } };
	struct policy_match		 match;
	size_t				 left;

	snprintf(text, sizeof text, "domain%u.example", (unsigned)domain);
	v.of[POLICY_FIELD_TRANSPORTID] = STR("t");
	v.of[POLICY_FIELD_TENANTID] = STR("x");
	v.of[POLICY_FIELD_RECIPIENTDOMAIN] = str_of(text);
	policy_match(m, &v, T0, &match);
	c.limiter_count = policy_match_limiters(&match, NULL, in, &left);
	assert_int_equal(c.limiter_count, POLICIES);
	assert_int_equal(left, 0);
	e.subqueue = (struct schedule_subqueue){ STR("t"), str_of(text),
		STR("x"), STR_NONE };
	assert_int_not_equal(schedule_add(s, &e, T0), 0);
}

/* BUSY attempts go on at a time; the oldest ends, and its entry waits anew.
 * Time goes on where nothing else may. */
static void
million_run(struct schedule *s)
{
	struct schedule_pickup	p;
	schedule_conn		conn[BUSY];
	schedule_ref		ref[BUSY];
	uint32_t		done = 0, at = 0, out = 0;
	int64_t			now = T0, wake;

	while (done < PICKUPS || out > 0) {
		if (done < PICKUPS && out < BUSY &&
		    schedule_next(s, now, &p, &wake)) {
			conn[(at + out) % BUSY] = p.conn;
			ref[(at + out++) % BUSY] = p.refs[0];
			done++;
		} else if (out > 0) {
			schedule_connection_closed(s, conn[at], now);
			schedule_again(s, ref[at]);
			at = (at + 1) % BUSY;
			out--;
		} else {
			assert_true(wake != INT64_MAX);
			now = wake;
		}
	}
}

struct cost {
	double	add_ns, pickup_ns, visits;
};

static struct cost
million_cost(const char *file, uint32_t queues, uint32_t entries)
{
	struct policies		*p = laws_good(file);
	struct policy_matcher	*m = policy_matcher_new(p, NULL);
	struct schedule		*s = bench_new(2 * entries, 2 * entries);
	struct schedule_stats	 before, after;
	clock_t			 began = clock();
	struct cost		 cost;

	for (uint32_t n = 0; n < entries; n++)
		million_add(s, m, n % queues);
	cost.add_ns = (double)(clock() - began) * 1e9 / CLOCKS_PER_SEC /
	    entries;
	million_run(s);
	schedule_stats(s, &before);
	began = clock();
	million_run(s);
	cost.pickup_ns = (double)(clock() - began) * 1e9 / CLOCKS_PER_SEC /
	    PICKUPS;
	schedule_stats(s, &after);
	cost.visits = (double)(after.visits - before.visits) / POLICIES /
	    PICKUPS;
	schedule_free(&s);
	policy_matcher_free(&m);
	policies_free(&p);
	return cost;
}

static void
test_cost(void **state)
{
	const char	*text = getenv("SCHEDULE_MILLION");
	uint32_t	 many = text == NULL ? 100000 :
	    (uint32_t)strtoul(text, NULL, 10);

	(void)state;
	for (size_t n = 0; n < sizeof laws / sizeof *laws; n++) {
		struct cost	few = million_cost(laws[n].file, 10, many);
		struct cost	all = million_cost(laws[n].file, many, many);

		print_message("%-15s added %4.0f and %4.0f ns, picked up "
		    "%5.0f and %5.0f ns, %.2f and %.2f visits of a limiter\n",
		    laws[n].name, few.add_ns, all.add_ns, few.pickup_ns,
		    all.pickup_ns, few.visits, all.visits);
		assert_true(few.visits <= 4 && all.visits <= 4);
	}
}

/* Where more policies limit one candidate than it can have limiters, the
 * first of the file are in the list, and the others are counted. */
static void
test_too_many(void **state)
{
	struct buf			 text = BUF_INIT;
	struct schedule_limiter_in	 in[SCHEDULE_LIMITERS];
	struct schedule_limiter_in	 own = { STR("t"),
		{ .concurrency = 3 } };
	struct policy_values		 v = { .of = { STR_NONE } };
	struct policy_matcher		*m;
	struct policy_match		 match;
	struct policies			*p;
	size_t				 left;

	(void)state;
	for (int i = 0; i < 40; i++)
		buf_printf(&text, "policy p%d jobid\npolicy u%d -\n"
		    "if p%d jobid=1 -o concurrency=%d\n", i, i, i, i + 1);
	p = laws_good(buf_cstr(&text));
	m = policy_matcher_new(p, NULL);
	v.of[POLICY_FIELD_JOBID] = STR("1");
	policy_match(m, &v, 0, &match);
	assert_int_equal(match.count, 80);
	assert_int_equal(policy_match_limiters(&match, &own, in, &left),
	    SCHEDULE_LIMITERS);
	assert_int_equal(left, 40 - (SCHEDULE_LIMITERS - 1));
	assert_true(str_eq(in[0].name, STR("t")));
	assert_true(str_eq(in[31].name, STR("p30 jobid=1")));
	assert_int_equal(in[31].limits.concurrency, 31);
	policy_matcher_free(&m);
	policies_free(&p);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_cost),
		cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
