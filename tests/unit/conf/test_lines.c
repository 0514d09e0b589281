/*
 * Logical lines, and where their bytes stand in the file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf/lines.h"

#define N(a)	(sizeof(a) / sizeof((a)[0]))

/* Each line of `want` is one logical line. */
static const struct {
	const char	*text;
	const char	*want;
} cases[] = {
	{ "", "" },
	{ "a", "a\n" },
	{ "a\n", "a\n" },
	{ "a\nb\n", "a\nb\n" },
	{ "# one\n  # two\na\n", "a\n" },
	{ "a\n b\n\tc\nd\n", "a b\tc\nd\n" },
	{ "a\n# comment\n b\n", "a b\n" },
	{ "a\n\n b\n   \n c", "a b c\n" },
	{ "a # not a comment\n", "a # not a comment\n" },
	{ "  a\n", "  a\n" },
	{ "\n\n\n", "" },
};

static void
test_join(void **state)
{
	struct line	l = LINE_INIT;
	struct lines	r;
	struct buf	got = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < N(cases); i++) {
		buf_clear(&got);
		lines_init(&r, str_of(cases[i].text));
		while (lines_next(&r, &l)) {
			buf_add_str(&got, buf_str(&l.text));
			buf_add_byte(&got, '\n');
		}
		assert_string_equal(buf_cstr(&got), cases[i].want);
	}
	buf_free(&got);
	line_free(&l);
}

static void
test_where(void **state)
{
	/*            offset  0   2      3        4   6 */
	const char	*text = "\nab\n# x\n c\n\n  d";
	static const struct {
		size_t	offset;
		int	line, column;
	} want[] = {
		{ 0, 2, 1 }, { 1, 2, 2 }, { 2, 4, 1 }, { 3, 4, 2 },
		{ 4, 6, 1 }, { 6, 6, 3 }, { 7, 6, 4 },
	};
	struct line	l = LINE_INIT;
	struct lines	r;
	int		line, column;
	size_t		i;

	(void)state;
	lines_init(&r, str_of(text));
	assert_true(lines_next(&r, &l));
	assert_string_equal(buf_cstr(&l.text), "ab c  d");
	for (i = 0; i < N(want); i++) {
		line_where(&l, want[i].offset, &line, &column);
		assert_int_equal(line, want[i].line);
		assert_int_equal(column, want[i].column);
	}
	assert_false(lines_next(&r, &l));
	line_free(&l);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_join),
		cmocka_unit_test(test_where),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
