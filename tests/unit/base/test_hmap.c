/* The hash table: what is in it is found in few steps, however full it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/hmap.h"

#define COUNT	10000

struct thing {
	struct hmap_entry	entry;
	char			name[24];
	int			shown;
};

static struct thing	things[COUNT];

static void
fill(struct hmap *t)
{
	size_t	i;

	hmap_init(t);
	for (i = 0; i < COUNT; i++) {
		things[i].entry.len = (uint32_t)snprintf(things[i].name,
		    sizeof things[i].name, "mx%zu.example.net", i);
		things[i].entry.key = things[i].name;
		things[i].entry.kind = i % 2;
		things[i].shown = 0;
		hmap_insert(t, &things[i].entry);
	}
}

/* One step finds it in an empty chain; two and a half is what a table that
 * is full costs in the mean. */
static void
test_steps(void **state)
{
	struct hmap	t;
	size_t		i;

	(void)state;
	fill(&t);
	assert_int_equal(t.count, COUNT);
	for (i = 0; i < COUNT; i++) {
		assert_ptr_equal(hmap_find(&t, i % 2,
		    str_of(things[i].name)), &things[i].entry);
		assert_null(hmap_find(&t, 2, str_of(things[i].name)));
	}
	assert_true(t.steps < COUNT * 5 / 2);
	hmap_fini(&t);
}

/* While it grows, too: every find between two insertions is right. */
static void
test_growing(void **state)
{
	struct hmap	t;
	size_t		i, seen;

	(void)state;
	fill(&t);
	for (i = 0; i < COUNT; i++)
		hmap_remove(&t, &things[i].entry);
	assert_int_equal(t.count, 0);
	hmap_fini(&t);
	hmap_init(&t);
	for (i = 0, seen = 0; i < COUNT; i++) {
		hmap_insert(&t, &things[i].entry);
		seen += hmap_find(&t, things[i / 2].entry.kind,
		    str_of(things[i / 2].name)) == &things[i / 2].entry;
	}
	assert_int_equal(seen, COUNT);
	hmap_fini(&t);
}

static void
show(void *arg, struct hmap_entry *e)
{
	struct hmap	*t = arg;

	((struct thing *)e)->shown++;
	hmap_remove(t, e);
}

static void
test_walk(void **state)
{
	struct hmap	t;
	size_t		i;

	(void)state;
	fill(&t);
	hmap_walk(&t, t.size, show, &t);
	assert_int_equal(t.count, 0);
	for (i = 0; i < COUNT; i++)
		assert_int_equal(things[i].shown, 1);
	hmap_fini(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_steps), cmocka_unit_test(test_growing),
		cmocka_unit_test(test_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
