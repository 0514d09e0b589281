/*
 * schedule: order, fairness, windows, recipients together, connections and
 * their reuse, what waits and why.
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

/* ---- Order -------------------------------------------------------------- */

struct row {
	const char	*domain, *tenant, *job;
	int		 priority;
	int64_t		 deadline;
};

static const struct {
	const char	*name;
	struct row	 row[8];	/* users 1, 2, ... */
	uint64_t	 want[8];
} order[] = {
	{ "first come, first served in a queue",
	    { { "a", "x", "", 0, 0 }, { "a", "x", "", 0, 0 },
	    { "a", "x", "", 0, 0 } }, { 1, 2, 3 } },
	{ "destinations take turns",
	    { { "a", "x", "", 0, 0 }, { "a", "x", "", 0, 0 },
	    { "a", "x", "", 0, 0 }, { "b", "x", "", 0, 0 },
	    { "b", "x", "", 0, 0 } }, { 1, 4, 2, 5, 3 } },
	{ "tenants take turns in a destination",
	    { { "a", "x", "", 0, 0 }, { "a", "x", "", 0, 0 },
	    { "a", "x", "", 0, 0 }, { "a", "y", "", 0, 0 },
	    { "b", "x", "", 0, 0 } }, { 1, 5, 4, 2, 3 } },
	{ "a tenant's jobs take turns, but get no more than his",
	    { { "a", "x", "1", 0, 0 }, { "a", "x", "2", 0, 0 },
	    { "a", "x", "1", 0, 0 }, { "a", "y", "1", 0, 0 },
	    { "a", "y", "1", 0, 0 } }, { 1, 4, 2, 5, 3 } },
	{ "priority goes first",
	    { { "a", "x", "", 0, 0 }, { "b", "x", "", 0, 0 },
	    { "a", "x", "", 1, 0 }, { "c", "x", "", 1, 0 } },
	    { 3, 4, 1, 2 } },
	{ "deadlines order a queue",
	    { { "a", "x", "", 0, 0 }, { "a", "x", "", 0, T0 + 900 },
	    { "a", "x", "", 0, T0 + 800 }, { "a", "x", "", 0, T0 + 900 } },
	    { 3, 2, 4, 1 } },
	{ "and the jobs of a tenant",
	    { { "a", "x", "1", 0, 0 }, { "a", "x", "2", 0, T0 + 900 },
	    { "a", "x", "3", 0, T0 + 800 } }, { 3, 2, 1 } },
	{ "but not destinations",
	    { { "a", "x", "", 0, 0 }, { "b", "x", "", 0, T0 + 900 } },
	    { 1, 2 } },
};

static void
test_order(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(order) / sizeof(*order); n++) {
		struct schedule *s = bench_new(0, 0);
		uint64_t	 user = 0;

		for (const struct row *r = order[n].row; r->domain; r++) {
			struct schedule_entry_in in = bench_entry(r->domain,
			    r->tenant, ++user);

			in.subqueue.jobid = str_of(r->job);
			in.priority = r->priority;
			in.deadline_ms = r->deadline;
			assert_int_not_equal(schedule_add(s, &in, T0), 0);
		}
		for (const uint64_t *w = order[n].want; *w; w++) {
			uint64_t got = bench_next(s, T0, true, NULL);

			if (got != *w)
				fail_msg("%s: %d for %d", order[n].name,
				    (int)got, (int)*w);
		}
		assert_int_equal(bench_next(s, T0, true, NULL), 0);
		schedule_free(&s);
	}
}

/* One message waits for as many pickups as tenants have mail. */
static void
test_big_neighbour(void **state)
{
	struct schedule *s = bench_new(300000, 300000);
	unsigned	 pickups = 0;

	(void)state;
	bench_transport(s, "t", 1, 0, 0);
	for (uint64_t n = 1; n <= 200000; n++)
		bench_add(s, "a", "big", n);
	for (int n = 0; n < 5; n++)
		assert_true(bench_next(s, T0, true, NULL) <= 200000);
	bench_add(s, "a", "small", 999999);
	while (bench_next(s, T0, true, NULL) != 999999)
		pickups++;
	assert_in_range(pickups, 0, 2);
	schedule_free(&s);
}

/* ---- Windows ------------------------------------------------------------ */

static bool
action(struct schedule *s, enum schedule_action_kind kind,
    struct schedule_action *a)
{
	return schedule_action(s, T0, a) && a->kind == kind;
}

static void
test_window(void **state)
{
	struct schedule	       *s = bench_new(0, 10);
	struct schedule_action	a;
	struct schedule_entry_in in = bench_entry("a", "x", 99);

	(void)state;
	assert_int_equal(schedule_room(s, &in.subqueue, 0), 10);
	for (uint64_t n = 1; n <= 10; n++)
		assert_int_not_equal(bench_add(s, "a", "x", n), 0);
	assert_int_equal(bench_add(s, "a", "x", 11), SCHEDULE_FULL);
	assert_int_equal(schedule_room(s, &in.subqueue, 0), 0);
	assert_int_equal(schedule_room(s, &in.subqueue, 1), 10);
	assert_int_not_equal(bench_add(s, "b", "x", 12), 0);
	/* Half of its room, once. */
	for (int n = 0; n < 10; n++) {
		assert_int_not_equal(bench_next(s, T0, true, NULL), 0);
		if (n < 5)
			assert_false(schedule_action(s, T0, &a));
	}
	assert_true(action(s, SCHEDULE_REFILL, &a));
	assert_true(str_eq(a.subqueue.recipientdomain, STR("a")));
	assert_true(str_eq(a.subqueue.tenantid, STR("x")));
	assert_false(schedule_action(s, T0, &a));
	schedule_free(&s);
}

static void
test_displace(void **state)
{
	struct schedule	       *s = bench_new(0, 3);
	struct schedule_action	a;
	struct schedule_entry_in in = bench_entry("a", "x", 99);

	(void)state;
	in.priority = 1;
	for (uint64_t n = 1; n <= 3; n++)
		bench_add(s, "a", "x", n);
	for (uint64_t n = 3; n >= 1; n--) {
		assert_int_not_equal(schedule_add(s, &in, T0), 0);
		assert_true(action(s, SCHEDULE_DISPLACED, &a));
		assert_int_equal(a.user, n);	/* the youngest */
	}
	assert_int_equal(schedule_add(s, &in, T0), SCHEDULE_FULL);
	assert_false(schedule_action(s, T0, &a));
	schedule_free(&s);
}

static void
test_active_limit(void **state)
{
	struct schedule	       *s = bench_new(16, 100);
	struct schedule_action	a;
	struct schedule_stats	st;

	(void)state;
	for (uint64_t n = 1; n <= 16; n++)
		assert_int_not_equal(bench_add(s, "a", "x", n), 0);
	assert_int_equal(bench_add(s, "b", "x", 17), SCHEDULE_FULL);
	assert_false(schedule_action(s, T0, &a));
	bench_next(s, T0, true, NULL);
	assert_true(action(s, SCHEDULE_ROOM, &a));
	while (bench_next(s, T0, true, NULL) != 0)
		;
	while (schedule_action(s, T0, &a))
		assert_int_equal(a.kind, SCHEDULE_REFILL);
	schedule_action(s, T0, &a);
	schedule_stats(s, &st);
	assert_int_equal(st.waiting + st.sending, 0);
	assert_int_equal(st.queues + st.subqueues + st.classes, 0);
	assert_int_equal(st.connections, 0);
	assert_int_equal(st.names, 2);		/* of the transport */
	schedule_free(&s);
}

static void
test_deadline(void **state)
{
	struct schedule		*s = bench_new(0, 0);
	struct schedule_entry_in in = bench_entry("a", "x", 7);
	struct schedule_action	 a;
	struct schedule_pickup	 p;
	int64_t			 wake;
	schedule_ref		 ref;

	(void)state;
	bench_transport(s, "t", 1, 0, 0);
	bench_add(s, "a", "x", 1);
	assert_int_equal(bench_next(s, T0, false, &p), 1);
	in.deadline_ms = T0 + 500;
	ref = schedule_add(s, &in, T0);
	assert_false(schedule_next(s, T0, &p, &wake));
	assert_int_equal(wake, T0 + 500);
	assert_false(schedule_action(s, T0 + 499, &a));
	assert_true(schedule_action(s, T0 + 500, &a));
	assert_int_equal(a.kind, SCHEDULE_DEADLINE);
	assert_int_equal(a.ref, ref);
	assert_int_equal(a.user, 7);
	assert_false(schedule_action(s, T0 + 600, &a));
	assert_true(schedule_remove(s, ref));
	schedule_free(&s);
}

/* ---- Recipients together ------------------------------------------------ */

static void
test_recipients(void **state)
{
	struct schedule_limits	 l = { .rate = { 100000, 1000 },
		.algorithm = SCHEDULE_TOKENBUCKET };
	struct schedule		*s = bench_new(0, 1000);
	struct schedule_pickup	 p;
	struct schedule_entry_in in = bench_entry("a", "x", 0);

	(void)state;
	schedule_transport(s, STR("t"), &l, 50);
	for (uint64_t n = 0; n < 200; n++) {
		in.user = n + 1;
		in.group.edits = n % 2;		/* two sorts, mixed */
		assert_int_not_equal(schedule_add(s, &in, T0), 0);
	}
	for (unsigned n = 0; n < 2; n++) {	/* 100 tokens */
		assert_int_equal(bench_next(s, T0, false, &p), n + 1);
		assert_int_equal(p.count, 50);
		for (size_t k = 0; k < p.count; k++)
			assert_int_equal(schedule_user(s, p.refs[k]) % 2,
			    (n + 1) % 2);
		bench_over(s, T0, &p, true);
	}
	assert_int_equal(bench_next(s, T0, false, &p), 0);
	assert_int_equal(bench_next(s, T0 + 100, false, &p), 101);
	assert_int_equal(p.count, 10);		/* as many as pay */
	assert_false(p.may_connect);
	schedule_refund(s, p.refs[0]);
	assert_int_equal(bench_next(s, T0 + 100, false, &p), 102);
	assert_int_equal(p.count, 1);
	schedule_free(&s);
}

/* ---- Changes by hand ---------------------------------------------------- */

static void
test_by_hand(void **state)
{
	struct schedule	      *s = bench_new(0, 0);
	schedule_ref	       a = bench_add(s, "a", "x", 1);
	schedule_ref	       b = bench_add(s, "a", "x", 2);
	schedule_ref	       c = bench_add(s, "a", "x", 3);
	struct schedule_pickup p;

	(void)state;
	assert_true(schedule_priority(s, c, 1));
	assert_true(schedule_remove(s, a));
	assert_int_equal(bench_next(s, T0, false, &p), 3);
	assert_false(schedule_remove(s, c));
	assert_false(schedule_priority(s, c, 0));
	assert_true(schedule_is_sending(s, c));
	schedule_connection_closed(s, p.conn, T0);
	schedule_again(s, c);
	assert_int_equal(bench_next(s, T0, true, NULL), 3);
	assert_false(schedule_is_sending(s, b));
	assert_int_equal(bench_next(s, T0, true, NULL), 2);
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	schedule_free(&s);
}

/* What was begun before counts until it is known what became of it. */
static void
test_started(void **state)
{
	struct schedule		*s = bench_new(0, 0);
	struct schedule_entry_in in = bench_entry("a", "x", 5);
	schedule_conn		 conn;
	schedule_ref		 ref;

	(void)state;
	bench_transport(s, "t", 1, 0, 0);
	conn = schedule_started(s, &in, 0, SCHEDULE_NOBODY);
	ref = schedule_add_sending(s, &in, SCHEDULE_NOBODY, T0);
	bench_add(s, "b", "x", 2);
	assert_int_equal(bench_next(s, T0, true, NULL), 0);
	schedule_started_over(s, conn, T0);
	assert_int_equal(bench_next(s, T0, true, NULL), 2);
	schedule_again(s, ref);
	assert_int_equal(bench_next(s, T0, true, NULL), 5);
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_big_neighbour),
		cmocka_unit_test(test_window),
		cmocka_unit_test(test_displace),
		cmocka_unit_test(test_active_limit),
		cmocka_unit_test(test_deadline),
		cmocka_unit_test(test_recipients),
		cmocka_unit_test(test_by_hand),
		cmocka_unit_test(test_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
