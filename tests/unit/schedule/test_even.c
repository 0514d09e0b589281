/*
 * even: ten thousand virtual queues that each may have one message a second
 * have ten thousand a second together, each its own
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "bench.h"

#define T0	INT64_C(1000000)

enum { QUEUES = 10000, EACH = 30, SECONDS = 20 };

static void
even_add(struct schedule *s, unsigned queue)
{
	char			   text[32];
	struct schedule_limiter_in in = { .limits.rate = { 1000, 1000 } };
	struct schedule_candidate  c = { .name = STR("next"), .preference = 10,
	    .limiters = &in, .limiter_count = 1 };
	struct schedule_entry_in   e = { .user = queue + 1,
		.candidates = &c, .candidate_count = 1 };

	(void)snprintf(text, sizeof text, "domain%u", queue);
	e.subqueue = (struct schedule_subqueue){ STR("t"), str_of(text),
		STR_NONE, STR_NONE };
	in.name = str_of(text);
	assert_int_not_equal(schedule_add(s, &e, T0), 0);
}

/* All that may go now goes, and ends at once; what went in the first second,
 * which has one more, is not counted. */
static unsigned
even_run(struct schedule *s, int64_t until, unsigned *of)
{
	struct schedule_pickup	p;
	unsigned		done = 0;
	int64_t			now = T0, wake = T0;

	while (now < until) {
		while (schedule_next(s, now, &p, &wake)) {
			if (now >= T0 + 1000) {
				of[schedule_user(s, p.refs[0]) - 1]++;
				done++;
			}
			schedule_connection_closed(s, p.conn, now);
			schedule_done(s, p.refs[0]);
		}
		assert_true(wake > now);
		now = wake;
	}
	return done;
}

static void
test_even(void **state)
{
	static unsigned	 of[QUEUES];
	struct schedule	*s = bench_new(QUEUES * EACH * 2, EACH * 2);
	unsigned	 n, done;

	(void)state;
	bench_transport(s, "t", 0, 0, 0);
	for (n = 0; n < QUEUES * EACH; n++)
		even_add(s, n % QUEUES);
	done = even_run(s, T0 + 1000 + SECONDS * 1000, of);
	print_message("%u in %d s\n", done, SECONDS);
	assert_in_range(done, QUEUES * SECONDS * 99 / 100,
	    QUEUES * SECONDS * 101 / 100);
	for (n = 0; n < QUEUES; n++)
		assert_in_range(of[n], SECONDS - 1, SECONDS + 1);
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_even) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
