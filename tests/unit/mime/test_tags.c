/* Lists of tag=value (RFC 6376 3.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mime/tags.h"

static void
test_lists(void **state)
{
	/* What is read, written as name=[value]; NULL: no list. */
	static const struct {
		struct str	 text;
		const char	*want;
	} rows[] = {
		{ STR("a=1"), "a=[1]" },
		{ STR("a=1;"), "a=[1]" },
		{ STR(" a = 1 ; b=2; "), "a=[1]b=[2]" },
		{ STR("v=DKIM1; p="), "v=[DKIM1]p=[]" },
		{ STR("a=1;\r\n\tb=x\r\n y"), "a=[1]b=[x y]" },
		{ STR("b=aa==;c=x=y"), "b=[aa==]c=[x=y]" },
		{ STR("A=1;a=2"), "A=[1]a=[2]" },
		{ STR("a_1=x"), "a_1=[x]" },
		{ STR("d=b\xc3\xbc.example"), "d=[b\xc3\xbc.example]" },
		{ STR(""), NULL },
		{ STR(";"), NULL },
		{ STR("a=1;;"), NULL },
		{ STR("a=1;;b=2"), NULL },
		{ STR("a"), NULL },
		{ STR("=1"), NULL },
		{ STR("1a=1"), NULL },
		{ STR("_a=1"), NULL },
		{ STR("a b=1"), NULL },
		{ STR("a=1;a=1"), NULL },
		{ STR("a=1;v=1"), NULL },
		{ STR("a=\xff"), NULL },
		{ STR("a=x\0y"), NULL },
		{ STR("a=x\r\ny"), NULL },
		{ STR("a=x\ry"), NULL },
	};
	struct tags	t;
	struct buf	got = BUF_INIT;
	size_t		i, k;
	int		rc;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		buf_clear(&got);
		rc = tags_parse(&t, rows[i].text);
		assert_int_equal(rc, rows[i].want != NULL ? 0 : -1);
		for (k = 0; rc == 0 && k < t.count; k++)
			buf_printf(&got, "%.*s=[%.*s]",
			    (int)t.list[k].name.len, t.list[k].name.p,
			    (int)t.list[k].value.len, t.list[k].value.p);
		if (rc == 0)
			assert_string_equal(buf_cstr(&got), rows[i].want);
		tags_fini(&t);
	}
	buf_free(&got);
}

static void
test_get_and_limit(void **state)
{
	struct buf	b = BUF_INIT;
	struct tags	t;
	int		i;

	(void)state;
	for (i = 0; i < TAGS_MAX; i++)
		buf_printf(&b, "t%d=%d;", i, i);
	assert_int_equal(tags_parse(&t, buf_str(&b)), 0);
	assert_true(str_eq(tags_get(&t, STR("t63")), STR("63")));
	assert_null(tags_get(&t, STR("T63")).p);
	tags_fini(&t);
	buf_add_text(&b, "x=1");
	assert_int_equal(tags_parse(&t, buf_str(&b)), -1);
	tags_fini(&t);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_get_and_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
