/*
 * meter: limiters as they are seen, filled by hand, and kept over a restart
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

#define T0	INT64_C(1000000)

static void
add(struct schedule *s, const char *domain, uint64_t user,
    const struct schedule_limits *l)
{
	struct schedule_limiter_in limiter = { STR("L"), *l };
	struct schedule_candidate  c = { .name = STR("next"),
		.limiters = &limiter, .limiter_count = 1 };
	struct schedule_entry_in   in = bench_entry(domain, "x", user);

	in.candidates = &c;
	in.candidate_count = 1;
	assert_int_not_equal(schedule_add(s, &in, T0), 0);
}

static void
test_view(void **state)
{
	const struct schedule_limits l = { 2, { 3000, 60000 },
		SCHEDULE_TOKENBUCKET, 0 };
	struct schedule		    *s = bench_new(0, 0);
	struct schedule_limiter_view v;
	struct schedule_pickup	     p[2];

	(void)state;
	assert_false(schedule_limiter_find(s, STR("L"), T0, &v));
	for (uint64_t n = 1; n <= 5; n++)
		add(s, n % 2 ? "a" : "b", n, &l);
	assert_true(schedule_limiter_find(s, STR("L"), T0, &v));
	assert_int_equal(v.tokens, 3);
	assert_int_equal(v.room_ms, 0);
	for (int n = 0; n < 2; n++)
		assert_int_not_equal(bench_next(s, T0, false, &p[n]), 0);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	assert_true(schedule_limiter_find(s, STR("L"), T0, &v));
	assert_true(str_eq(v.name, STR("L")));
	assert_int_equal(v.limits.concurrency, 2);
	assert_int_equal(v.busy, 2);
	assert_int_equal(v.waiting, 1);		/* the class of both */
	assert_int_equal(v.tokens, 1);
	assert_true(v.room_ms == INT64_MAX);
	schedule_connection_closed(s, p[0].conn, T0);
	assert_int_not_equal(bench_next(s, T0, false, NULL), 0);
	schedule_connection_idle(s, p[1].conn, T0);
	assert_true(schedule_limiter_find(s, STR("L"), T0, &v));
	assert_int_equal(v.busy, 1);
	assert_int_equal(v.idle, 1);
	assert_int_equal(v.tokens, 0);
	assert_int_equal(v.room_ms, T0 + 20000);
	schedule_free(&s);
}

static void
test_next(void **state)
{
	const struct schedule_limits l = { 2, { 0, 0 }, SCHEDULE_SPREAD, 0 };
	struct schedule		    *s = bench_new(0, 0);
	struct schedule_limiter_view v;
	uint32_t		     at = 0;
	unsigned		     seen = 0;

	(void)state;
	add(s, "a", 1, &l);
	while (schedule_limiter_next(s, &at, T0, &v))
		seen += str_eq(v.name, STR("L")) ? 10 : 1;
	assert_int_equal(seen, 11);		/* and the transport's */
	assert_false(schedule_limiter_next(s, &at, T0, &v));
	bench_next(s, T0, true, NULL);		/* it is gone, and not seen */
	for (at = 0, seen = 0; schedule_limiter_next(s, &at, T0, &v); seen++)
		;
	assert_int_equal(seen, 1);
	schedule_free(&s);
}

/* Who waited for tokens, or to connect, goes. */
static void
test_refill(void **state)
{
	const struct schedule_limits l = { 0, { 1000, 60000 },
		SCHEDULE_TOKENBUCKET, 90000 };
	struct schedule	      *s = bench_new(0, 0);
	struct schedule_pickup p;
	int64_t		       full, wake;

	(void)state;
	assert_false(schedule_refill(s, STR("L"), T0));
	for (uint64_t n = 1; n <= 3; n++)
		add(s, "a", n, &l);
	assert_int_equal(bench_next(s, T0, false, NULL), 1);
	assert_false(schedule_next(s, T0, &p, &wake));
	assert_in_range(wake, T0 + 1, T0 + 60000);
	assert_true(schedule_bucket(s, STR("L"), T0, &full));
	assert_in_range(full, 60000, 60001);
	assert_true(schedule_refill(s, STR("L"), T0));
	assert_true(schedule_bucket(s, STR("L"), T0, &full));
	assert_int_equal(full, 0);
	assert_int_equal(bench_next(s, T0, false, NULL), 2);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_free(&s);
}

/* What is taken before a restart is missing after it, and no more but for the
 * part of a millisecond that is not told. */
static const struct {
	const char		*name;
	enum schedule_algorithm	 algorithm;
	uint32_t		 tokens;
	int64_t			 per_ms;
	unsigned		 taken;
} buckets[] = {
	{ "a bucket", SCHEDULE_TOKENBUCKET, 10, 60000, 7 },
	{ "an empty bucket", SCHEDULE_TOKENBUCKET, 10, 60000, 10 },
	{ "spread", SCHEDULE_SPREAD, 10, 60000, 1 },
	{ "a full window", SCHEDULE_FIXEDWINDOW, 4, 60000, 4 },
};

static unsigned
goes(struct schedule *s, int64_t now_ms)
{
	unsigned count = 0;

	while (bench_next(s, now_ms, true, NULL) != 0)
		count++;
	return count;
}

static struct schedule *
started(const struct schedule_limits *l, int64_t full_ms)
{
	struct schedule_options o = { .cold = true, .start_ms = T0 };
	struct schedule	       *s = schedule_new(&o);

	schedule_worker_add(s, 0, UINT32_MAX);
	schedule_bucket_set(s, STR("L"), l, full_ms, T0);
	for (uint64_t n = 1; n <= 20; n++)
		add(s, "a", n, l);
	return s;
}

static void
test_restart(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(buckets) / sizeof(*buckets); n++) {
		const struct schedule_limits l = { 0,
			{ buckets[n].tokens * 1000, buckets[n].per_ms },
			buckets[n].algorithm, 0 };
		struct schedule *before = bench_new(0, 0), *after;
		int64_t		 full, again;

		for (uint64_t k = 1; k <= 20; k++)
			add(before, "a", k, &l);
		for (unsigned k = 0; k < buckets[n].taken; k++)
			bench_next(before, T0, true, NULL);
		assert_true(schedule_bucket(before, STR("L"), T0, &full));
		after = started(&l, full);
		assert_true(schedule_bucket(after, STR("L"), T0, &again));
		for (int64_t ms = 0; ms <= 60000; ms += 5000) {
			unsigned a = goes(before, T0 + ms);
			unsigned b = goes(after, T0 + ms + 1);

			if (again != full || a != b)
				fail_msg("%s: %u for %u after %d ms",
				    buckets[n].name, b, a, (int)ms);
		}
		schedule_free(&before);
		schedule_free(&after);
	}
}

/* Nobody has it: it is kept until it is full. */
static void
test_kept(void **state)
{
	const struct schedule_limits l = { 0, { 1000, 60000 },
		SCHEDULE_TOKENBUCKET, 0 };
	struct schedule		    *s = bench_new(0, 0);
	struct schedule_limiter_view v;
	struct schedule_pickup	     p;
	int64_t			     wake;

	(void)state;
	schedule_bucket_set(s, STR("L"), &l, 0, T0);
	assert_false(schedule_limiter_find(s, STR("L"), T0, &v));
	schedule_bucket_set(s, STR("L"), &l, 500, T0);
	schedule_bucket_set(s, STR("L"), &l, 200, T0);	/* the later one */
	assert_false(schedule_next(s, T0 + 499, &p, &wake));
	assert_true(schedule_limiter_find(s, STR("L"), T0 + 499, &v));
	assert_false(schedule_limiter_find(s, STR("L"), T0 + 500, &v));
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_refill),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
