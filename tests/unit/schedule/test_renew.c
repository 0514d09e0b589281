/*
 * renew: queues that are known, that are rerouted, and those that are stale
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"
#include "schedule/schedule_renew.h"

#define T0	INT64_C(1000000)

/* Its limiters by name, each of so many connections. */
static struct schedule_candidate
candidate(struct schedule_limiter_in l[3], const char *const name[3],
    uint32_t concurrency)
{
	struct schedule_candidate c = { .name = STR("next"), .preference = 10,
		.limiters = l };

	for (; c.limiter_count < 3 && name[c.limiter_count] != NULL;
	    c.limiter_count++)
		l[c.limiter_count] = (struct schedule_limiter_in){
			str_of(name[c.limiter_count]),
			{ .concurrency = concurrency } };
	return c;
}

static schedule_ref
add(struct schedule *s, const char *domain, uint64_t user,
    const char *limiter, uint32_t concurrency)
{
	const char *const	   name[3] = { limiter };
	struct schedule_limiter_in l[3];
	struct schedule_candidate  c = candidate(l, name, concurrency);
	struct schedule_entry_in   in = bench_entry(domain, "x", user);

	in.candidates = &c;
	in.candidate_count = 1;
	return schedule_add(s, &in, T0);
}

static schedule_ref
add_known(struct schedule *s, const char *domain, uint64_t user)
{
	struct schedule_entry_in in = bench_entry(domain, "x", user);

	in.known = true;
	return schedule_add(s, &in, T0);
}

static void
reroute(struct schedule *s, schedule_vq queue, const char *limiter,
    uint32_t concurrency)
{
	const char *const	   name[3] = { limiter };
	struct schedule_limiter_in l[3];
	struct schedule_candidate  c = candidate(l, name, concurrency);

	schedule_reroute(s, queue, &c, 1);
}

static void
test_known(void **state)
{
	struct schedule		*s = bench_new(0, 0);
	struct schedule_entry_in in = bench_entry("a", "x", 3);
	struct schedule_stats	 before, after;

	(void)state;
	assert_int_equal(add_known(s, "a", 1), SCHEDULE_UNKNOWN);
	assert_int_not_equal(add(s, "a", 1, "L", 2), 0);
	schedule_stats(s, &before);
	assert_true(add_known(s, "a", 2) < SCHEDULE_UNKNOWN);
	schedule_stats(s, &after);
	assert_int_equal(after.bytes, before.bytes);
	assert_int_equal(after.queues, 1);
	in.known = true;		/* other queues are not that one */
	in.digest = 1;
	assert_int_equal(schedule_add(s, &in, T0), SCHEDULE_UNKNOWN);
	in.digest = 0;
	in.priority = 1;
	assert_int_equal(schedule_add(s, &in, T0), SCHEDULE_UNKNOWN);
	in.priority = 0;
	in.grouping = STR("g");
	assert_int_equal(schedule_add(s, &in, T0), SCHEDULE_UNKNOWN);
	assert_int_equal(schedule_add_sending(s, &in, 0, T0),
	    SCHEDULE_UNKNOWN);
	/* It has the limiter of the first one. */
	add_known(s, "a", 3);
	assert_int_equal(bench_next(s, T0, false, NULL), 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 2);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_free(&s);
}

/* The newest candidates hold for all of the queue, and for what goes on. */
static void
test_reroute_by_add(void **state)
{
	struct schedule	      *s = bench_new(0, 0);
	struct schedule_pickup p, first;
	struct schedule_stats  st;

	(void)state;
	add(s, "a", 1, "L", 1);
	add(s, "a", 2, "L", 1);
	assert_int_equal(bench_next(s, T0, false, &first), 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	add(s, "a", 3, "M", 2);			/* 2 does not wait for L */
	assert_int_equal(bench_next(s, T0, false, &p), 2);
	assert_int_equal(bench_next(s, T0, false, &p), 3);
	add(s, "b", 4, "L", 1);			/* which is held still */
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_refund(s, first.refs[0]);	/* of what is gone: nothing */
	schedule_connection_closed(s, first.conn, T0);
	assert_int_equal(bench_next(s, T0, true, NULL), 4);
	schedule_stats(s, &st);
	assert_int_equal(st.limiters, 2);	/* the transport's, and M */
	schedule_free(&s);
}

/* Own, shared, and own again; a limiter in both routes keeps its tokens. */
static void
test_reroute_own(void **state)
{
	struct schedule		*s = bench_new(0, 0);
	struct schedule_stale	 st;
	struct schedule_limits	 l = { .rate = { 1000, 10000 } };
	struct schedule_pickup	 p;
	int64_t			 wake;

	(void)state;
	add(s, "a", 1, "L", 0);
	add(s, "a", 2, "L", 0);
	add(s, "b", 3, "M", 0);
	assert_true(schedule_limit(s, STR("L"), &l, T0));
	assert_int_equal(bench_next(s, T0, false, NULL), 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 3);
	add(s, "b", 4, "L", 0);			/* shared, and used up */
	add(s, "a", 5, "L", 0);
	assert_false(schedule_next(s, T0, &p, &wake));
	schedule_renew(s);
	while (schedule_stale(s, &st))
		reroute(s, st.queue, "L", 0);
	assert_false(schedule_next(s, T0, &p, &wake));
	assert_in_range(wake, T0 + 1, T0 + 10000);
	assert_int_not_equal(bench_next(s, T0 + 10000, false, NULL), 0);
	assert_int_equal(bench_next(s, T0 + 10000, false, NULL), 0);
	add(s, "b", 6, "N", 0);			/* a has L alone again */
	assert_int_not_equal(bench_next(s, T0 + 10000, false, NULL), 0);
	schedule_free(&s);
}

/* Nothing that is stale goes; what is rerouted or new does at once. */
static void
test_stale(void **state)
{
	struct schedule		*s = bench_new(0, 0);
	struct schedule_stale	 st;
	schedule_ref		 ref;

	(void)state;
	add(s, "a", 1, "L", 0);
	add(s, "b", 2, "L", 0);
	add(s, "c", 3, "L", 0);
	schedule_renew(s);
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	assert_int_equal(add_known(s, "a", 4), SCHEDULE_UNKNOWN);
	add(s, "d", 5, "L", 0);
	assert_true(add_known(s, "d", 6) < SCHEDULE_UNKNOWN);
	assert_int_equal(bench_next(s, T0, true, NULL), 5);
	/* The same one until something becomes of it. */
	for (int n = 0; n < 2; n++) {
		assert_true(schedule_stale(s, &st));
		assert_true(str_eq(st.subqueue.recipientdomain, STR("a")));
		assert_int_equal(schedule_user(s, st.ref), 1);
	}
	reroute(s, st.queue, "L", 0);
	assert_int_equal(bench_next(s, T0, true, NULL), 6);
	assert_int_equal(bench_next(s, T0, true, NULL), 1);
	assert_true(schedule_stale(s, &st));	/* all of it is taken out */
	assert_true(str_eq(st.subqueue.recipientdomain, STR("b")));
	while ((ref = schedule_first(s, st.queue)) != 0)
		assert_true(schedule_remove(s, ref));
	schedule_reroute(s, st.queue, NULL, 0);	/* it is gone: nothing */
	add(s, "c", 7, "M", 1);			/* candidates reroute, too */
	assert_false(schedule_stale(s, &st));
	assert_int_equal(bench_next(s, T0, true, NULL), 3);
	assert_int_equal(bench_next(s, T0, true, NULL), 7);
	schedule_free(&s);
}

/* Those that waited for room, own or shared; and those of whom all was being
 * sent when the generation ended. */
static void
test_stale_that_waits(void **state)
{
	struct schedule	       *s = bench_new(0, 0);
	struct schedule_stale	st;
	struct schedule_pickup	own, shared, all;
	schedule_ref		again;
	unsigned		count = 0;

	(void)state;
	add(s, "own", 1, "O", 1);
	add(s, "own", 2, "O", 1);
	add(s, "s1", 3, "S", 1);
	add(s, "s2", 4, "S", 1);
	add(s, "all", 5, "A", 0);
	assert_int_equal(bench_next(s, T0, false, &own), 1);
	assert_int_equal(bench_next(s, T0, false, &shared), 3);
	assert_int_equal(bench_next(s, T0, false, &all), 5);
	again = all.refs[0];
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_renew(s);
	add(s, "new", 6, "S", 1);		/* behind a stale one */
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_connection_closed(s, own.conn, T0);
	schedule_connection_closed(s, shared.conn, T0);
	assert_int_equal(bench_next(s, T0, false, NULL), 6);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	while (schedule_stale(s, &st)) {
		reroute(s, st.queue, "T", 0);
		count++;
	}
	assert_int_equal(count, 2);
	schedule_connection_closed(s, all.conn, T0);
	schedule_again(s, again);
	assert_int_not_equal(bench_next(s, T0, true, NULL), 5);
	assert_int_not_equal(bench_next(s, T0, true, NULL), 5);
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	assert_true(schedule_stale(s, &st));
	assert_int_equal(schedule_user(s, st.ref), 5);
	reroute(s, st.queue, "T", 0);
	assert_int_equal(bench_next(s, T0, true, NULL), 5);
	schedule_free(&s);
}

/* Another priority is as old as the queue from which it comes. */
static void
test_stale_priority(void **state)
{
	struct schedule	       *s = bench_new(0, 0);
	struct schedule_stale	st;
	schedule_ref		ref = add(s, "a", 1, "L", 0);
	unsigned		count = 0;

	(void)state;
	add(s, "a", 2, "L", 0);
	schedule_renew(s);
	assert_true(schedule_priority(s, ref, 1));
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	for (; schedule_stale(s, &st); count++)
		reroute(s, st.queue, "L", 0);
	assert_int_equal(count, 2);
	assert_int_equal(bench_next(s, T0, true, NULL), 1);
	assert_int_equal(bench_next(s, T0, true, NULL), 2);
	schedule_free(&s);
}

/* Numbers of generations begin anew, and what is old stays so. */
static void
test_generations(void **state)
{
	struct schedule	       *s = bench_new(0, 0);
	struct schedule_stale	st;

	(void)state;
	add(s, "a", 1, "L", 0);
	for (unsigned n = 0; n < 65535; n++) {
		schedule_renew(s);
		if (n == 30000)
			add(s, "b", 2, "L", 0);
		assert_int_equal(add_known(s, "a", 9), SCHEDULE_UNKNOWN);
	}
	schedule_renew(s);
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	for (unsigned n = 1; n <= 2; n++) {
		assert_true(schedule_stale(s, &st));
		assert_int_equal(schedule_user(s, st.ref), n);
		reroute(s, st.queue, "L", 0);
		assert_int_equal(bench_next(s, T0, true, NULL), n);
	}
	assert_false(schedule_stale(s, &st));
	schedule_free(&s);
}

/* More stale ones stand before one than are woken at a time. */
static void
test_stale_before(void **state)
{
	enum { MANY = 1000 };
	struct schedule		  *s = bench_new(0, 0);
	struct schedule_limiter_in l[3];
	char			   text[2][16];
	const char *const	   name[3] = { text[0], text[1], "S" };
	struct schedule_candidate  c[2];
	struct schedule_entry_in   in = bench_entry("a", "x", 1);
	struct schedule_pickup	   p;
	int64_t			   wake, now = T0;

	(void)state;
	add(s, "first", 1, "S", 1);
	assert_int_equal(bench_next(s, T0, false, &p), 1);
	for (unsigned n = 0; n < MANY; n++) {	/* each in its own class */
		snprintf(text[0], sizeof(text[0]), "own%u", n);
		snprintf(text[1], sizeof(text[1]), "too%u", n);
		c[0] = c[1] = candidate(l, name, 1);
		in.digest = n;
		in.candidates = c;
		in.candidate_count = 2;
		schedule_add(s, &in, T0);
	}
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_renew(s);
	add(s, "new", 7, "S", 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_connection_closed(s, p.conn, T0);
	for (unsigned n = 0; n < MANY; n++) {
		if (schedule_next(s, now, &p, &wake))
			break;
		assert_in_range(wake, now + 1, now + 1000);
		now = wake;
	}
	assert_int_equal(schedule_user(s, p.refs[0]), 7);
	assert_in_range(now, T0 + 1, T0 + MANY);
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_reroute_by_add),
		cmocka_unit_test(test_reroute_own),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_stale_that_waits),
		cmocka_unit_test(test_stale_priority),
		cmocka_unit_test(test_generations),
		cmocka_unit_test(test_stale_before),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
