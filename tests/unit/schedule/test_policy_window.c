/*
 * policy_window: five columns and a length, against times.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "schedule/policy_window.h"

static int64_t
at(int year, int month, int day, int hour, int minute)
{
	struct tm	tm = { .tm_year = year - 1900, .tm_mon = month - 1,
		.tm_mday = day, .tm_hour = hour, .tm_min = minute };

	return timegm(&tm);
}

/* The first time from then on when it is open, and when it is not any more. */
static const struct {
	const char	*text;
	int		 from[5], open[5], shut[5];
} rows[] = {
	{ "0 2 * * * +2h", { 2026, 3, 1, 5, 0 }, { 2026, 3, 2, 2, 0 },
	    { 2026, 3, 2, 4, 0 } },
	{ "0 2 * * * +2h", { 2026, 3, 1, 2, 30 }, { 2026, 3, 1, 2, 30 },
	    { 2026, 3, 1, 4, 0 } },
	{ "*/15 8-9 * * 1-5 +1m", { 2026, 11, 28, 0, 0 },
	    { 2026, 11, 30, 8, 0 }, { 2026, 11, 30, 8, 1 } },
	{ "30 23 31 * * +1h", { 2026, 2, 2, 0, 0 }, { 2026, 3, 31, 23, 30 },
	    { 2026, 4, 1, 0, 30 } },
	{ "0 0 29 2 * +1d", { 2026, 1, 1, 0, 0 }, { 2028, 2, 29, 0, 0 },
	    { 2028, 3, 1, 0, 0 } },
	/* Both kinds of days: either. */
	{ "0 0 13 * 5 +1h", { 2026, 11, 28, 0, 0 }, { 2026, 12, 4, 0, 0 },
	    { 2026, 12, 4, 1, 0 } },
	{ "0 0 * * 7 +1h", { 2026, 11, 28, 0, 0 }, { 2026, 11, 29, 0, 0 },
	    { 2026, 11, 29, 1, 0 } },
	{ "5,10 1,3 1 1,7 * +1m", { 2026, 1, 1, 1, 6 }, { 2026, 1, 1, 1, 10 },
	    { 2026, 1, 1, 1, 11 } },
	{ "10-20/5 0 1 1 * +1m", { 2026, 1, 1, 0, 16 }, { 2026, 1, 1, 0, 20 },
	    { 2026, 1, 1, 0, 21 } },
	/* Those that overlap. */
	{ "0 * * * * +90m", { 2026, 1, 1, 0, 0 }, { 2026, 1, 1, 0, 0 },
	    { 0, 0, 0, 0, 0 } },
};

static int64_t
of(const int t[5])
{
	return at(t[0], t[1], t[2], t[3], t[4]);
}

static void
test_times(void **state)
{
	struct policy_window	w;
	int64_t			now, change;
	struct err		e;
	size_t			i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(policy_window_parse(&w, str_of(rows[i].text),
		    &e), 0);
		now = of(rows[i].from);
		while (!policy_window_open(&w, now, &change))
			now = change;
		assert_int_equal(now, of(rows[i].open));
		if (rows[i].shut[0] == 0) {
			assert_true(policy_window_open(&w, change, &change));
			continue;
		}
		assert_int_equal(change, of(rows[i].shut));
		assert_true(policy_window_open(&w, change - 1, &change));
		assert_false(policy_window_open(&w, change, &change));
	}
	assert_int_equal(policy_window_parse(&w, STR("0 0 30 2 * +1h"), &e),
	    0);
	assert_false(policy_window_open(&w, at(2026, 1, 1, 0, 0), &change));
	assert_true(change == INT64_MAX);
}

static void
test_wrong(void **state)
{
	static const char *const	wrong[] = { "", "* * * * *",
	    "* * * * * 1h", "* * * * * +1s", "* * * * * +8d",
	    "60 * * * * +1h", "* 24 * * * +1h", "* * 0 * * +1h",
	    "* * * 13 * +1h", "* * * * 8 +1h", "5-4 * * * * +1h",
	    "*/0 * * * * +1h", ", * * * * +1h", "a * * * * +1h",
	    "1- * * * * +1h", "* * * * * * +1h", "-1 * * * * +1h" };
	struct policy_window		w;
	struct err			e;
	size_t				i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
		if (policy_window_parse(&w, str_of(wrong[i]), &e) == 0)
			fail_msg("%s", wrong[i]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_wrong),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
