/* What a terminal would obey is shown as a number, all else as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "mtactl/terminal.h"

static const struct {
	const char	*text, *want;
} rows[] = {
	{ "", "" }, { "250 2.0.0 Ok \\ \"", "250 2.0.0 Ok \\ \"" },
	{ "a\tb\r\n", "a\\x09b\\x0d\\x0a" },
	{ "\033[2J\007\177", "\\x1b[2J\\x07\\x7f" },
	{ "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x9f",
	    "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x90\x9f" },
	{ "\xc2\x9b" "31m \xc2\x80 \xc2\xa0", "\\xc2\\x9b31m \\xc2\\x80 "
	    "\xc2\xa0" },
	{ "\x9b" "31m \xff \xc3", "\\x9b31m \\xff \\xc3" },
	{ "\xc0\x9b \xed\xa0\x80", "\\xc0\\x9b \\xed\\xa0\\x80" },
};

static void
test_rows(void **state)
{
	struct buf	b = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&b);
		terminal_add(&b, str_of(rows[i].text));
		assert_string_equal(buf_cstr(&b), rows[i].want);
	}
	buf_clear(&b);
	terminal_add(&b, (struct str){ "a\0b", 3 });
	assert_string_equal(buf_cstr(&b), "a\\x00b");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
