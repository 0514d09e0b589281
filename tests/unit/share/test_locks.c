/*
 * Locks: who holds, who is next, who leaves; beside a model of lines.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "share/locks.h"

#define OWNERS	5
#define NAMES	4
#define IDS	200

static struct lock_owner	owners[OWNERS];
static struct buf		told;

static void
granted(void *arg, struct lock_owner *o, uint64_t id)
{
	(void)arg;
	buf_printf(&told, "%d:%d ", (int)(o - owners), (int)id);
}

static struct locks *
begin(bool open)
{
	struct locks	*l = locks_new(granted, NULL);
	int		 i;

	for (i = 0; i < OWNERS; i++)
		lock_owner_init(&owners[i]);
	buf_clear(&told);
	if (open)
		locks_open(l);
	return l;
}

static void
said(const char *want)
{
	assert_string_equal(buf_cstr(&told), want);
	buf_clear(&told);
}

static void
test_order(void **state)
{
	struct locks	*l = begin(true);

	(void)state;
	assert_int_equal(locks_claim(l, &owners[0], 1, STR("a")),
	    LOCKS_GRANTED);
	assert_int_equal(locks_claim(l, &owners[0], 2, STR("b")),
	    LOCKS_GRANTED);
	assert_int_equal(locks_claim(l, &owners[1], 1, STR("a")),
	    LOCKS_WAITS);
	assert_int_equal(locks_claim(l, &owners[2], 9, STR("a")),
	    LOCKS_WAITS);
	assert_int_equal(locks_claim(l, &owners[1], 2, STR("a")),
	    LOCKS_WAITS);
	assert_int_equal(locks_claim(l, &owners[1], 2, STR("c")),
	    LOCKS_TWICE);
	assert_int_equal(locks_count(l), 5);
	said("");
	locks_drop(l, &owners[2], 9);		/* gives up */
	locks_drop(l, &owners[2], 9);
	locks_drop(l, &owners[3], 1);		/* never was */
	said("");
	locks_drop(l, &owners[0], 1);
	said("1:1 ");
	locks_drop(l, &owners[1], 1);
	said("1:2 ");
	locks_drop(l, &owners[1], 2);
	said("");
	assert_int_equal(locks_claim(l, &owners[3], 1, STR("a")),
	    LOCKS_GRANTED);
	locks_leave(l, &owners[0]);
	locks_leave(l, &owners[3]);
	assert_int_equal(locks_count(l), 0);
	locks_free(&l);
}

static void
test_leaving(void **state)
{
	struct locks	*l = begin(true);

	(void)state;
	(void)locks_claim(l, &owners[0], 1, STR("a"));
	(void)locks_claim(l, &owners[0], 2, STR("a"));
	(void)locks_claim(l, &owners[1], 1, STR("a"));
	(void)locks_claim(l, &owners[0], 3, STR("b"));
	(void)locks_claim(l, &owners[1], 2, STR("b"));
	(void)locks_claim(l, &owners[0], 4, STR("b"));
	locks_leave(l, &owners[0]);
	/* Each to the one that waits, not to the one that goes. */
	assert_true(strcmp(buf_cstr(&told), "1:1 1:2 ") == 0 ||
	    strcmp(buf_cstr(&told), "1:2 1:1 ") == 0);
	locks_leave(l, &owners[1]);
	locks_free(&l);
}

static void
test_grace(void **state)
{
	struct locks	*l = begin(false);

	(void)state;
	assert_int_equal(locks_claim(l, &owners[0], 1, STR("a")),
	    LOCKS_WAITS);
	assert_int_equal(locks_claim(l, &owners[0], 2, STR("b")),
	    LOCKS_WAITS);
	assert_int_equal(locks_claim(l, &owners[2], 1, STR("b")),
	    LOCKS_WAITS);
	assert_int_equal(locks_hold(l, &owners[1], 7, STR("a")),
	    LOCKS_GRANTED);
	assert_int_equal(locks_hold(l, &owners[2], 7, STR("a")),
	    LOCKS_TWICE);
	locks_drop(l, &owners[0], 2);
	said("");
	locks_open(l);
	said("2:1 ");
	locks_open(l);
	said("");
	locks_drop(l, &owners[1], 7);
	said("0:1 ");
	/* One that held and gave up before the opening. */
	locks_free(&l);
	l = begin(false);
	(void)locks_hold(l, &owners[0], 1, STR("a"));
	(void)locks_claim(l, &owners[1], 1, STR("a"));
	locks_drop(l, &owners[0], 1);
	said("");
	locks_open(l);
	said("1:1 ");
	locks_free(&l);
}

/* ---- Beside a model ---------------------------------------------------- */

struct line {
	int	owner[IDS];
	int	id[IDS];
	int	n;
};

static uint32_t	seed;

static unsigned
roll(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static void
line_remove(struct line *line, int owner, int id)
{
	int	i;

	for (i = 0; i < line->n; i++)
		if (line->owner[i] == owner && line->id[i] == id)
			break;
	if (i == line->n)
		return;
	line->n--;
	memmove(&line->owner[i], &line->owner[i + 1],
	    (size_t)(line->n - i) * sizeof(int));
	memmove(&line->id[i], &line->id[i + 1],
	    (size_t)(line->n - i) * sizeof(int));
	if (i == 0 && line->n > 0)
		buf_printf(&told, "= %d:%d", line->owner[0], line->id[0]);
}

/* "0:1 = 0:1": what was told, and what the model says. */
static void
told_is_right(void)
{
	char	*text = strdup(buf_cstr(&told)), *eq = strchr(text, '=');

	if (eq == NULL)
		assert_string_equal(text, "");
	else {
		eq[-1] = '\0';
		assert_string_equal(text, eq + 2);
	}
	free(text);
	buf_clear(&told);
}

static void
test_model(void **state)
{
	static struct line	 lines[NAMES];
	struct locks		*l;
	char			 name[2] = "a";
	int			 i, id = 0, n, o;

	(void)state;
	for (seed = 1; seed < 10; seed++) {
		uint32_t	was = seed;

		l = begin(true);
		memset(lines, 0, sizeof lines);
		for (i = 0; i < 20000; i++) {
			n = (int)roll(NAMES);
			o = (int)roll(OWNERS);
			name[0] = (char)('a' + n);
			if (roll(2) == 0 && lines[n].n < IDS) {
				assert_int_equal(locks_claim(l, &owners[o],
				    (uint64_t)++id, str_of(name)),
				    lines[n].n == 0 ? LOCKS_GRANTED :
				    LOCKS_WAITS);
				lines[n].owner[lines[n].n] = o;
				lines[n].id[lines[n].n++] = id;
			} else if (lines[n].n > 0) {
				int	k = (int)roll((unsigned)lines[n].n);
				int	who = lines[n].owner[k];
				int	which = lines[n].id[k];

				locks_drop(l, &owners[who],
				    (uint64_t)which);
				line_remove(&lines[n], who, which);
			}
			told_is_right();
		}
		for (o = 0; o < OWNERS; o++)
			locks_leave(l, &owners[o]);
		assert_int_equal(locks_count(l), 0);
		assert_int_equal(locks_bytes(l), 0);
		locks_free(&l);
		seed = was;
	}
	buf_free(&told);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_leaving),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
