/* For how many a sync waits, by the groups of late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cleanup/cleanup.h"

/* The program's own, which the other parts look for. */
struct cleanup	cleanup;

struct story {
	const char	*what;
	size_t		 groups[8];	/* 0 ends them */
	int64_t		 every_ms;
	size_t		 wanted;
};

static const struct story stories[] = {
	{ "nothing was synced yet", { 0 }, 0, 0 },
	{ "a lone session", { 1, 1, 1, 1 }, 1, 0 },
	{ "two that meet now and then", { 1, 1, 2, 1, 1 }, 1, 0 },
	{ "many at random, mostly alone", { 1, 4, 1, 1, 1, 1, 1 }, 1, 0 },
	{ "two together", { 2, 2, 2 }, 1, 1 },
	{ "ten together", { 10, 10 }, 1, 5 },
	{ "ten in two halves", { 5, 5, 5 }, 1, 3 },
	{ "most of those that once were there", { 1, 9, 1, 9 }, 1, 5 },
	{ "in the span before, too", { 10, 9, 9 }, 30, 5 },
	{ "long ago", { 10, 10, 3 }, 120, 2 },
	{ "fifty", { 26, 50, 24 }, 2, 25 },
};

static void
test_stories(void **state)
{
	size_t	i, k;

	(void)state;
	for (i = 0; i < sizeof stories / sizeof *stories; i++) {
		const struct story	*s = &stories[i];
		struct gather		 g = { 0 };
		int64_t			 now = 1000;

		for (k = 0; k < 8 && s->groups[k] > 0; k++) {
			gather_note(&g, now, s->groups[k]);
			now += s->every_ms;
		}
		if (gather_wanted(&g) != s->wanted)
			fail_msg("%s: %zu", s->what, gather_wanted(&g));
	}
}

/* What was many is soon forgotten by one that is alone. */
static void
test_forgets(void **state)
{
	struct gather	g = { 0 };
	int64_t		now;

	(void)state;
	for (now = 0; now < 100; now++)
		gather_note(&g, now, 50);
	assert_int_equal(gather_wanted(&g), 25);
	for (; now < 202; now++)
		gather_note(&g, now, 1);
	assert_int_equal(gather_wanted(&g), 0);
}

/* Parts of a long transaction are synced in groups that end none. */
static void
test_parts(void **state)
{
	struct gather	g = { 0 };
	int64_t		now;

	(void)state;
	gather_note(&g, 0, 10);
	for (now = 1; now < 40; now++)
		gather_note(&g, now, 0);
	assert_int_equal(gather_wanted(&g), 5);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_stories),
		cmocka_unit_test(test_forgets), cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
