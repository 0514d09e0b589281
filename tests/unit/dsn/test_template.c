/* Templates: what is refused and where, languages, what is left out. */
#include "../mime/check.h"

#include <stdio.h>
#include <unistd.h>

#include "dsn/template.h"

#define REST	"[delayed]\nSubject: s\nb\n[delivered]\nSubject: s\nb\n" \
	"[relayed]\nSubject: s\nb\n[full]\nf\n[header]\nh\n[unreadable]\nu\n"
#define FAILED	"[failed]\nSubject: S {subject}\n"

static void
test_faults(void **state)
{
	static const struct {
		const char	*text;
		int		 line, column;
		const char	*want;
	} rows[] = {
		{ "", 0, 0, "no section [failed]" },
		{ "# x\nhello", 2, 1, "before the first section" },
		{ "[faild]\n", 1, 2, "no such section" },
		{ FAILED "b\n[failed]\n", 4, 2, "before" },
		{ "[failed]\n\nno subject\n", 3, 1, "Subject" },
		{ "[failed]\nSubject: \n", 2, 1, "Subject" },
		{ FAILED "a {recipent} b\n", 3, 3, "{recipent}" },
		{ FAILED "a {recipient\n", 3, 3, "not closed" },
		{ FAILED "a\xff\n", 3, 2, "UTF-8" },
		{ FAILED "a\tb\n", 3, 2, "control" },
		{ FAILED REST, 1, 1, "without text" },
		{ FAILED "b\n" REST "[5.1]\nx\n", 19, 2, "no such section" },
		{ FAILED "b\n" REST "[x.1.9999]\nx\n", 19, 2,
		    "no such section" },
	};
	struct templates	*t = templates_new();
	struct template_fault	 f;
	size_t			 i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		assert_int_equal(templates_add(t, STR("xx"),
		    str_of(rows[i].text), &f), -1);
		if (strstr(f.err.text, rows[i].want) == NULL ||
		    f.line != rows[i].line || f.column != rows[i].column)
			fail_msg("%zu: %d:%d: %s", i, f.line, f.column,
			    f.err.text);
		assert_false(templates_have(t, STR("xx")));
	}
	assert_int_equal(templates_add(t, STR("../x"), STR(FAILED "b\n" REST),
	    &f), -1);
	assert_int_equal(templates_add(t, STR("xx"), STR(FAILED "b\n" REST),
	    &f), 0);
	assert_true(templates_have(t, STR("XX")));
	templates_free(&t);
}

static void
check_fills(const char *body, const struct template_values *v,
    const char *want)
{
	struct templates	*t = templates_new();
	const struct template	*one;
	struct template_fault	 f;
	struct buf		 b = BUF_INIT;

	buf_printf(&b, FAILED "%s\n" REST "[5.1.1]\n# c\none\n two\n"
	    "[x.1.x]\nany\n", body);
	if (templates_add(t, STR("xx"), buf_str(&b), &f) == -1)
		fail_msg("%d:%d: %s", f.line, f.column, f.err.text);
	one = templates_choose(t, STR("xx"), STR("en"));
	buf_clear(&b);
	template_subject(one, ENTRY_ACTION_FAILED, v, &b);
	assert_str(buf_str(&b), "S sub");
	buf_clear(&b);
	template_body(one, ENTRY_ACTION_FAILED, v, &b);
	assert_str(buf_str(&b), want);
	buf_clear(&b);
	template_explain(one, STR("5.1.1"), &b);
	template_explain(one, STR("4.1.33"), &b);
	template_explain(one, STR("4.2.1"), &b);
	assert_str(buf_str(&b), "one twoany");
	buf_free(&b);
	templates_free(&t);
}

static void
test_fill(void **state)
{
	struct template_values	v;

	(void)state;
	memset(&v, 0, sizeof v);
	v.of[TEMPLATE_subject] = STR("sub");
	v.of[TEMPLATE_recipient] = STR("{remote}");
	check_fills("a {recipient} b", &v, "a {remote} b\r\n");
	check_fills("a\n\nx {remote} y\n\nb", &v, "a\r\n\r\nb\r\n");
	check_fills("a\nx {remote} {recipient}\n# no\nb", &v,
	    "a\r\nx  {remote}\r\nb\r\n");
	check_fills("{{subject}", &v, "{subject}\r\n");
	check_fills("a\r\n\r\n-- \r", &v, "a\r\n\r\n-- \r\n");
}

static void
test_languages(void **state)
{
	static const struct {
		const char	*wanted, *otherwise, *want;
	} rows[] = {
		{ "", "en", "en" }, { "xx", "en", "xx" },
		{ "XX-AT", "en", "xx" }, { "fr, xx", "en", "xx" },
		{ "fr", "xx", "xx" }, { "fr", "fr", "en" },
		{ ",,,xx", "", "xx" },
	};
	struct templates	*t = templates_new();
	struct template_fault	 f;
	size_t			 i;

	(void)state;
	assert_int_equal(templates_add(t, STR("xx"), STR(FAILED "b\n" REST),
	    &f), 0);
	for (i = 0; i < COUNT(rows); i++)
		assert_str(template_language(templates_choose(t,
		    str_of(rows[i].wanted), str_of(rows[i].otherwise))),
		    rows[i].want);
	templates_free(&t);
}

static void
put(const char *dir, const char *name, const char *text)
{
	char	path[512];
	FILE	*f;

	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
test_files(void **state)
{
	char			 dir[] = "/tmp/halyard-template.XXXXXX";
	char			 path[512];
	struct templates	*t = templates_new();
	struct template_fault	 f;

	(void)state;
	assert_int_equal(templates_load(t, "/nonexistent/x", &f), 0);
	assert_non_null(mkdtemp(dir));
	put(dir, "xx.txt", FAILED "b\n" REST);
	put(dir, "note.md", "nothing");
	assert_int_equal(templates_load(t, dir, &f), 0);
	assert_true(templates_have(t, STR("xx")));
	put(dir, "xx.txt", FAILED "{x}\n" REST);
	assert_int_equal(templates_load(t, dir, &f), -1);
	assert_int_equal(f.line, 3);
	assert_non_null(strstr(f.file, "/xx.txt"));
	(void)snprintf(path, sizeof path, "%s/xx.txt", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof path, "%s/note.md", dir);
	(void)unlink(path);
	(void)rmdir(dir);
	templates_free(&t);
}

/* Those that are shipped hold, whatever is in them. */
static void
test_shipped(void **state)
{
	struct templates	*t = templates_new();
	struct template_fault	 f;

	(void)state;
	if (access("conf/templates/bounce", R_OK) == -1)
		skip();
	if (templates_load(t, "conf/templates/bounce", &f) == -1)
		fail_msg("%s:%d:%d: %s", f.file, f.line, f.column,
		    f.err.text);
	assert_true(templates_have(t, STR("de")));
	templates_free(&t);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_fill),
		cmocka_unit_test(test_languages),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_shipped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
