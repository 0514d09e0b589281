/* Addresses in fields of a header (RFC 5322 3.4, 4.4). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mime/address.h"

static int
add(void *arg, struct str address, struct err *e)
{
	struct buf	*b = arg;

	if (str_eq(address, STR("stop@here")))
		return err_set(e, "stopped");
	buf_printf(b, "[%.*s]", (int)address.len, address.p);
	return 0;
}

static void
test_lists(void **state)
{
	/* What is shown, in brackets; NULL: refused. */
	static const struct {
		struct str	 text;
		const char	*want;
	} rows[] = {
		{ STR(""), "" },
		{ STR("a@b"), "[a@b]" },
		{ STR("root"), "[root]" },
		{ STR(" a@b , c@d "), "[a@b][c@d]" },
		{ STR("a@b,,c@d,"), "[a@b][c@d]" },
		{ STR("Joe Q. Public <joe@b>"), "[joe@b]" },
		{ STR("\"Public, Joe\" <joe@b>, x@y"), "[joe@b][x@y]" },
		{ STR("\"a \\\" b\" <joe@b>"), "[joe@b]" },
		{ STR("\"quoted local\"@b"), "[\"quoted local\"@b]" },
		{ STR("\"a@x\"@b"), "[\"a@x\"@b]" },
		{ STR("joe (at (home), \\) x)@b (really)"), "[joe@b]" },
		{ STR("joe . doe @ b . c"), "[joe.doe@b.c]" },
		{ STR("<joe@b> (comment)"), "[joe@b]" },
		{ STR("a@[192.0.2.1]"), "[a@[192.0.2.1]]" },
		{ STR("<a@[IPv6:2001:db8::1]>"), "[a@[IPv6:2001:db8::1]]" },
		{ STR("x@y,\r\n\tz@w"), "[x@y][z@w]" },
		{ STR("Joe\r\n <joe@b>"), "[joe@b]" },
		{ STR("undisclosed-recipients:;"), "" },
		{ STR("Friends: a@b, C <c@d>;, e@f"), "[a@b][c@d][e@f]" },
		{ STR("Friends: a@b"), "[a@b]" },
		{ STR("\"a@b\": c@d;"), "[c@d]" },
		{ STR("<@relay,@two:joe@b>"), "[joe@b]" },
		{ STR("J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbc.example>"),
		    "[j\xc3\xb6rg@b\xc3\xbc.example]" },
		{ STR("John Smith"), NULL },
		{ STR("a b@c"), NULL },
		{ STR("<a b@c>"), NULL },
		{ STR("<>"), NULL },
		{ STR("<a@b"), NULL },
		{ STR("a@b>"), NULL },
		{ STR("<<a@b>>"), NULL },
		{ STR("<a@b> c"), NULL },
		{ STR("<a@b> <c@d>"), NULL },
		{ STR("\"a@b"), NULL },
		{ STR("\"a@b\\"), NULL },
		{ STR("(a@b"), NULL },
		{ STR("a)@b"), NULL },
		{ STR("a@b;"), NULL },
		{ STR("a@b:c"), NULL },
		{ STR(":a@b;"), NULL },
		{ STR("g: h: a@b;;"), NULL },
		{ STR("\"a\r\n b\"@c"), "[\"a b\"@c]" },
		{ STR("\"a\\\n\"@c"), NULL },
		{ STR("\"a\0b\"@c"), NULL },
		{ STR("a\\b@c"), NULL },
		{ STR("a@b\0c"), NULL },
		{ STR("a\x7f@b"), NULL },
		{ STR("a@b, stop@here, c@d"), NULL },
	};
	struct buf	got = BUF_INIT;
	struct err	e;
	size_t		i;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&got);
		rc = address_list(rows[i].text, add, &got, &e);
		if (rc != (rows[i].want != NULL ? 0 : -1))
			fail_msg("%s: %d, %s", rows[i].text.p, rc,
			    buf_cstr(&got));
		if (rc == 0)
			assert_string_equal(buf_cstr(&got), rows[i].want);
		else
			assert_true(e.text[0] != '\0');
	}
	buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
