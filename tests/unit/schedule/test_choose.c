/*
 * choose: preference, order, weight, what is closed and what is barred
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

enum { WAYS = 4, ENTRIES = 6 };

struct way {
	uint16_t	 preference, order, weight;
	bool		 closed;
	const char	*host;
	uint32_t	 concurrency;	/* of a limiter of its own */
	uint32_t	 interval_ms;
};

struct ways {
	struct schedule_candidate  c[WAYS];
	struct schedule_limiter_in l[WAYS];
	char			   name[WAYS][24];
	size_t			   count;
};

static void
ways_of(struct ways *w, const struct way *way, size_t count)
{
	memset(w, 0, sizeof(*w));
	w->count = count;
	for (size_t n = 0; n < count; n++) {
		snprintf(w->name[n], sizeof(w->name[n]), "way%zu", n);
		w->l[n] = (struct schedule_limiter_in){ str_of(w->name[n]),
			{ .concurrency = way[n].concurrency,
			.connectinterval_ms = way[n].interval_ms } };
		w->c[n] = (struct schedule_candidate){
			.name = str_of(w->name[n]),
			.host = str_of(way[n].host ? way[n].host : ""),
			.preference = way[n].preference,
			.order = way[n].order, .weight = way[n].weight,
			.closed = way[n].closed, .limiters = &w->l[n],
			.limiter_count = 1 };
	}
}

static schedule_ref
ways_add(struct schedule *s, const struct ways *w, uint64_t user)
{
	struct schedule_entry_in in = bench_entry("a", "x", user);

	in.candidates = w->c;
	in.candidate_count = w->count;
	return schedule_add(s, &in, T0);
}

/* Which candidates the entries get, one after the other; nothing ends. */
static const struct {
	const char	*name;
	struct way	 way[WAYS];
	size_t		 count;
	const char	*barred[3];
	const char	*want;		/* `-`: none goes */
	bool		 all_barred;
} rows[] = {
	{ "the best preference alone", { { 20, 0, 0, 0, 0, 9, 0 },
	    { 10, 0, 0, 0, 0, 2, 0 } }, 2, { 0 }, "11-", false },
	{ "order, as far as there is room", { { 10, 7, 0, 0, 0, 2, 0 },
	    { 10, 5, 0, 0, 0, 1, 0 }, { 10, 6, 0, 0, 0, 2, 0 } }, 3, { 0 },
	    "12200-", false },
	{ "a closed one is never taken", { { 10, 1, 0, 1, 0, 9, 0 },
	    { 10, 2, 0, 0, 0, 2, 0 }, { 20, 0, 0, 0, 0, 9, 0 } }, 3, { 0 },
	    "11-", false },
	{ "nor one that is worse than a closed one",
	    { { 10, 0, 0, 1, 0, 9, 0 }, { 20, 0, 0, 0, 0, 9, 0 } }, 2, { 0 },
	    "-", false },
	{ "a single one that is closed", { { 10, 0, 0, 1, 0, 9, 0 } }, 1,
	    { 0 }, "-", false },
	{ "a barred one makes room for worse ones",
	    { { 10, 0, 0, 0, "h", 9, 0 }, { 20, 0, 0, 0, "i", 2, 0 } }, 2,
	    { "h" }, "11-", false },
	{ "or for others as good", { { 10, 0, 0, 0, "h", 9, 0 },
	    { 10, 3, 0, 0, "i", 2, 0 } }, 2, { "h", "j" }, "11-", false },
	{ "a closed one that is barred, too",
	    { { 10, 0, 0, 1, "h", 9, 0 }, { 20, 0, 0, 0, "i", 2, 0 } }, 2,
	    { "h" }, "11-", false },
	{ "all are barred: as if none was", { { 10, 0, 0, 0, "h", 2, 0 },
	    { 20, 0, 0, 0, "i", 9, 0 } }, 2, { "h", "i" }, "00-", true },
	{ "the only one is barred", { { 10, 0, 0, 0, "h", 2, 0 } }, 1,
	    { "h" }, "00-", true },
	{ "barred ones do not wait to connect",
	    { { 10, 0, 0, 0, "h", 3, 5000 } }, 1, { "h" }, "000-", true },
	{ "but others do", { { 10, 0, 0, 0, "h", 3, 5000 } }, 1, { "i" },
	    "0-", false },
};

static void
choose_row(size_t n)
{
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	struct schedule_pickup p;
	uint64_t	       user;

	ways_of(&w, rows[n].way, rows[n].count);
	for (const char *const *b = rows[n].barred; *b != NULL; b++)
		schedule_bar(s, str_of(*b), T0 + 60000);
	for (user = 1; user <= ENTRIES; user++)
		ways_add(s, &w, user);
	for (const char *want = rows[n].want; *want; want++) {
		user = bench_next(s, T0, false, &p);
		if ((user == 0) != (*want == '-') || (user != 0 &&
		    (p.candidate != (unsigned)(*want - '0') ||
		    p.barred != rows[n].all_barred)))
			fail_msg("%s: at %s", rows[n].name, want);
	}
	schedule_free(&s);
}

static void
test_rows(void **state)
{
	(void)state;
	for (size_t n = 0; n < sizeof(rows) / sizeof(*rows); n++)
		choose_row(n);
}

/* 1 : 2 : 5, and the same again from the same seed. */
static void
weights(uint64_t seed, unsigned got[3])
{
	static const struct way way[] = { { 10, 0, 0, 0, 0, 0, 0 },
		{ 10, 0, 2, 0, 0, 0, 0 }, { 10, 0, 5, 0, 0, 0, 0 } };
	struct schedule_options o = { .active_limit = 20000,
		.active_window = 20000, .start_ms = T0, .seed = seed };
	struct schedule	       *s = schedule_new(&o);
	struct ways		w;
	struct schedule_pickup	p;

	ways_of(&w, way, 3);
	schedule_worker_add(s, 0, UINT32_MAX);
	for (uint64_t n = 1; n <= 8000; n++)
		ways_add(s, &w, n);
	memset(got, 0, 3 * sizeof(*got));
	while (bench_next(s, T0, true, &p) != 0)
		got[p.candidate]++;
	schedule_free(&s);
}

static void
test_weights(void **state)
{
	unsigned one[3], two[3];

	(void)state;
	weights(0, one);		/* 9 standard deviations or more */
	assert_in_range(one[0], 700, 1300);
	assert_in_range(one[1], 1600, 2400);
	assert_in_range(one[2], 4600, 5400);
	weights(7, one);
	weights(7, two);
	assert_memory_equal(one, two, sizeof(one));
	weights(8, two);
	assert_memory_not_equal(one, two, sizeof(one));
}

/* Who is drawn and has no room does not keep the others. */
static void
test_drawn_but_full(void **state)
{
	static const struct way way[] = { { 10, 0, 60000, 0, 0, 1, 0 },
		{ 10, 0, 1, 0, 0, 3, 0 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	unsigned	       got = 0;
	struct schedule_pickup p;

	(void)state;
	ways_of(&w, way, 2);
	for (uint64_t n = 1; n <= ENTRIES; n++)
		ways_add(s, &w, n);
	while (bench_next(s, T0, false, &p) != 0)
		got += p.candidate == 0 ? 10 : 1;
	assert_int_equal(got, 13);
	schedule_free(&s);
}

/* ---- Bars --------------------------------------------------------------- */

static void
test_bar_ends(void **state)
{
	static const struct way way[] = { { 10, 0, 0, 0, "h", 2, 0 },
		{ 20, 0, 0, 0, "i", 1, 0 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	struct schedule_pickup p;
	int64_t		       wake;

	(void)state;
	ways_of(&w, way, 2);
	for (uint64_t n = 1; n <= ENTRIES; n++)
		ways_add(s, &w, n);
	schedule_bar(s, STR("h"), T0 + 5000);
	assert_int_equal(bench_next(s, T0, false, &p), 1);
	assert_int_equal(p.candidate, 1);
	/* It waits for the worse one, and for the end of the bar. */
	assert_false(schedule_next(s, T0, &p, &wake));
	assert_int_equal(wake, T0 + 5000);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 2);
	assert_int_equal(p.candidate, 0);
	assert_false(p.barred);
	/* A bar that begins lets go who waits for the better one ... */
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 3);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 0);
	schedule_limit(s, STR("way1"), &(struct schedule_limits){ 2, { 0, 0 },
	    SCHEDULE_SPREAD, 0 }, T0 + 5000);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 0);
	schedule_bar(s, STR("h"), T0 + 9000);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 4);
	assert_int_equal(p.candidate, 1);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 0);
	/* ... and one that is lifted, who waits for the worse one. */
	schedule_limit(s, STR("way0"), &(struct schedule_limits){ 3, { 0, 0 },
	    SCHEDULE_SPREAD, 0 }, T0 + 5000);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 0);
	schedule_unbar(s);
	assert_int_equal(bench_next(s, T0 + 5000, false, &p), 5);
	assert_int_equal(p.candidate, 0);
	schedule_free(&s);
}

/* A closed one waits for a bar that lets it pass by. */
static void
test_bar_of_closed(void **state)
{
	static const struct way way[] = { { 10, 0, 0, 1, "h", 0, 0 },
		{ 20, 0, 0, 0, "i", 0, 0 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	struct schedule_pickup p;

	(void)state;
	ways_of(&w, way, 2);
	ways_add(s, &w, 1);
	ways_add(s, &w, 2);
	assert_int_equal(bench_next(s, T0, false, &p), 0);
	schedule_bar(s, STR("h"), T0 + 5000);
	assert_int_equal(bench_next(s, T0, false, &p), 1);
	assert_int_equal(p.candidate, 1);
	schedule_bar(s, STR("h"), T0);		/* ended by hand */
	assert_int_equal(bench_next(s, T0, false, &p), 0);
	schedule_free(&s);
}

/* Of a hundred thousand there is room, and for no more; ended ones are gone,
 * a few at a time. */
static void
test_many_bars(void **state)
{
	struct schedule	     *s = bench_new(0, 0);
	struct schedule_stats before, st;
	char		      text[32];
	int64_t		      wake = T0;

	(void)state;
	schedule_stats(s, &before);
	for (unsigned n = 0; n < 100010; n++) {
		snprintf(text, sizeof(text), "host%u", n);
		schedule_bar(s, str_of(text), T0 + 1 + n % 1000);
	}
	schedule_stats(s, &st);
	assert_int_equal(st.names, before.names + 100000);
	for (unsigned n = 0; n < 100000 && wake != INT64_MAX; n++) {
		struct schedule_pickup p;

		assert_false(schedule_next(s, wake, &p, &wake));
	}
	schedule_stats(s, &st);
	assert_int_equal(st.names, before.names);
	schedule_bar(s, STR("host1"), T0 + 5000);
	schedule_stats(s, &st);
	assert_int_equal(st.names, before.names + 1);
	schedule_unbar(s);
	schedule_stats(s, &st);
	assert_int_equal(st.names, before.names);
	schedule_free(&s);
}

/* ---- Connections that are there ----------------------------------------- */

/* The connection of any candidate is used while all wait to connect. */
static void
test_idle_of_any(void **state)
{
	static const struct way way[] = { { 10, 0, 0, 0, 0, 0, 60000 },
		{ 10, 1, 0, 0, 0, 0, 60000 }, { 10, 2, 0, 0, 0, 0, 60000 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	struct schedule_pickup p[3];

	(void)state;
	ways_of(&w, way, 3);
	for (uint64_t n = 1; n <= ENTRIES; n++)
		ways_add(s, &w, n);
	for (int n = 0; n < 3; n++)
		assert_int_equal(bench_next(s, T0, false, &p[n]), n + 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_connection_idle(s, p[2].conn, T0);
	assert_int_equal(bench_next(s, T0, false, &p[0]), 4);
	assert_int_equal(p[0].candidate, 2);
	assert_false(p[0].may_connect);
	schedule_connection_idle(s, p[1].conn, T0);
	assert_int_equal(bench_next(s, T0, false, &p[0]), 5);
	assert_int_equal(p[0].candidate, 1);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_free(&s);
}

/* Who has a limiter: each connection once, idle ones too, until it closes. */
static void
test_holders(void **state)
{
	static const struct way way[] = { { 10, 0, 0, 0, 0, 2, 0 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	struct schedule_pickup p[2];
	struct schedule_reason r;
	schedule_ref	       ref = 0;
	schedule_conn	       conn, other;
	uint32_t	       at = 0;

	(void)state;
	ways_of(&w, way, 1);
	for (uint64_t n = 1; n <= 3; n++)
		ref = ways_add(s, &w, n);
	assert_int_equal(bench_next(s, T0, false, &p[0]), 1);
	assert_int_equal(bench_next(s, T0, false, &p[1]), 2);
	assert_int_equal(bench_next(s, T0, false, NULL), 0);
	schedule_explain(s, ref, T0, &r);
	assert_int_equal(r.why, SCHEDULE_WAIT_CONCURRENCY);
	assert_true(schedule_holder_next(s, r.limiter, &at, &conn));
	assert_true(schedule_holder_next(s, r.limiter, &at, &other));
	assert_true((conn == p[0].conn && other == p[1].conn) ||
	    (conn == p[1].conn && other == p[0].conn));
	assert_false(schedule_holder_next(s, r.limiter, &at, &conn));
	schedule_connection_closed(s, p[0].conn, T0);
	schedule_connection_idle(s, p[1].conn, T0);
	at = 0;
	assert_true(schedule_holder_next(s, r.limiter, &at, &conn));
	assert_int_equal(conn, p[1].conn);
	assert_false(schedule_holder_next(s, r.limiter, &at, &conn));
	at = 0;
	assert_false(schedule_holder_next(s, STR("none"), &at, &conn));
	schedule_free(&s);
}

/* ---- Why ---------------------------------------------------------------- */

static enum schedule_wait
why(struct schedule *s, schedule_ref ref, int candidate)
{
	struct schedule_reason r;

	if (candidate < 0)
		schedule_explain(s, ref, T0, &r);
	else
		assert_true(schedule_explain_candidate(s, ref,
		    (unsigned)candidate, T0, &r));
	return r.why;
}

static void
test_explain(void **state)
{
	static const struct way way[] = { { 10, 0, 0, 1, "g", 0, 0 },
		{ 10, 0, 0, 0, "h", 1, 0 }, { 20, 0, 0, 0, "i", 0, 0 } };
	struct schedule	      *s = bench_new(0, 0);
	struct ways	       w;
	schedule_ref	       ref;
	struct schedule_reason r;

	(void)state;
	ways_of(&w, way, 3);
	ways_add(s, &w, 1);
	ref = ways_add(s, &w, 2);
	assert_int_equal(why(s, ref, -1), SCHEDULE_WAIT_TURN);
	assert_int_equal(bench_next(s, T0, false, NULL), 1);
	assert_int_equal(why(s, ref, -1), SCHEDULE_WAIT_CONCURRENCY);
	assert_int_equal(why(s, ref, 0), SCHEDULE_WAIT_CLOSED);
	assert_int_equal(why(s, ref, 1), SCHEDULE_WAIT_CONCURRENCY);
	assert_int_equal(why(s, ref, 2), SCHEDULE_WAIT_TURN);
	assert_false(schedule_explain_candidate(s, ref, 3, T0, &r));
	schedule_bar(s, STR("h"), T0 + 700);
	assert_int_equal(why(s, ref, -1), SCHEDULE_WAIT_CLOSED);
	assert_int_equal(why(s, ref, 1), SCHEDULE_WAIT_BARRED);
	schedule_explain_candidate(s, ref, 1, T0, &r);
	assert_int_equal(r.room_ms, T0 + 700);
	schedule_bar(s, STR("g"), T0 + 700);
	assert_int_equal(why(s, ref, -1), SCHEDULE_WAIT_TURN);
	assert_int_equal(bench_next(s, T0, false, NULL), 2);
	assert_int_equal(why(s, ref, 0), SCHEDULE_WAIT_SENDING);
	schedule_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_weights),
		cmocka_unit_test(test_drawn_but_full),
		cmocka_unit_test(test_bar_ends),
		cmocka_unit_test(test_bar_of_closed),
		cmocka_unit_test(test_many_bars),
		cmocka_unit_test(test_idle_of_any),
		cmocka_unit_test(test_holders),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
