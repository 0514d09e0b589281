/* What of YAML is read, what is refused, and where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mtactl/yaml.h"

/* want: lists in [], maps in {}, texts in <>, nothing as ~. */
static const struct {
	const char	*in, *want;
} good[] = {
	{ "", "~" }, { "# no more\n", "~" }, { "---\na: 1\n", "{a=<1>}" },
	{ "a: 1\r\nb: x y # c\r\n", "{a=<1>b=<x y>}" },
	{ "a:\n  b: 1\n  c:\n    - 2\n    - d: 3\n      e: 4\nf: 5",
	    "{a={b=<1>c=[<2>{d=<3>e=<4>}]}f=<5>}" },
	{ "a:\n- 1\n- - 2\n  - 3\n-\n  b: 4\n", "{a=[<1>[<2><3>]{b=<4>}]}" },
	{ "- {}\n- []\n-\n- ~\n- null\n", "[{}[]~~~]" },
	{ "{a: [1, \"2\", 'it''s',], b: {c: , d: x}}",
	    "{a=[<1><2><it's>]b={c=~d=<x>}}" },
	{ "a: {b: 1,\n  # c\n  c: [2,\n3]}\n", "{a={b=<1>c=[<2><3>]}}" },
	{ "\"a b\": \"\\x41\\u00e4\\n\\\"\"\n'c:': #d\n",
	    "{a b=<A\xc3\xa4\n\">c:=~}" },
	{ "a: /x{2}#y:z/\nb: a#b\nc: ::1\n", "{a=</x{2}#y:z/>b=<a#b>c=<::1>}" },
	{ "a: ''\n", "{a=<>}" }, { "a: -1\n", "{a=<-1>}" },
	{ "  a: 1\n  b: 2\n", "{a=<1>b=<2>}" },
};

static const struct {
	const char	*in;
	int		 line;
	const char	*why;
} bad[] = {
	{ "a: &x 1\n", 1, "anchors" }, { "a: *x\n", 1, "aliases" },
	{ "b: 1\na: !!int 1\n", 2, "tags" }, { "a: |\n  x\n", 1, "blocks" },
	{ "a: @list\n", 1, "quotes" }, { "? a\n", 1, "keys with ?" },
	{ "a: 1\n---\nb: 2\n", 2, "missing" },
	{ "a: \"x\n\"\n", 1, "not closed" }, { "a: 'x\n", 1, "not closed" },
	{ "a: \"\\q\"\n", 1, "escape" }, { "a: \"\\u0000\"\n", 1, "escape" },
	{ "a: \"\\ud800\"\n", 1, "escape" },
	{ "a: 1\na: 2\n", 2, "twice" }, { "{a: 1, a: 2}", 1, "twice" },
	{ "a: b: c\n", 1, "goes in quotes" },
	{ "a: \"x\" y\n", 1, "does not belong" },
	{ "a: 1\n  b: 2\n", 2, "" }, { "a:\n\tb: 1\n", 2, "tab" },
	{ "a:\n  b: 1\n c: 2\n", 3, "" }, { "a: 1\n- b\n", 2, "" },
	{ "[1, 2", 1, "missing" }, { "{a: 1", 1, "missing" },
	{ "{a}", 1, "missing" }, { "[1 2] 3", 1, "belong" },
	{ "a: \xff\n", 1, "UTF-8" }, { "text\nmore\n", 2, "" },
};

static void
show(struct buf *out, const struct yaml_node *n)
{
	const struct yaml_node	*i;

	if (n->kind == YAML_NULL)
		buf_add_byte(out, '~');
	else if (n->kind == YAML_TEXT) {
		buf_add_byte(out, '<');
		buf_add_str(out, n->text);
		buf_add_byte(out, '>');
	} else {
		buf_add_byte(out, n->kind == YAML_MAP ? '{' : '[');
		for (i = n->first; i != NULL; i = i->next) {
			buf_add_str(out, i->key);
			buf_add_text(out, n->kind == YAML_MAP ? "=" : "");
			show(out, i);
		}
		buf_add_byte(out, n->kind == YAML_MAP ? '}' : ']');
	}
}

static void
test_good(void **state)
{
	struct arena		 a = ARENA_INIT;
	struct buf		 b = BUF_INIT;
	struct yaml_node	*n;
	struct err		 e;
	size_t			 i;
	int			 line;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		n = yaml_read(str_of(good[i].in), &a, &line, &e);
		if (n == NULL)
			fail_msg("%s: %d: %s", good[i].in, line, e.text);
		buf_clear(&b);
		show(&b, n);
		assert_string_equal(buf_cstr(&b), good[i].want);
	}
	buf_free(&b);
	arena_free(&a);
}

static void
test_bad(void **state)
{
	struct arena	a = ARENA_INIT;
	struct err	e;
	size_t		i;
	int		line;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (yaml_read(str_of(bad[i].in), &a, &line, &e) != NULL)
			fail_msg("%s: it was read", bad[i].in);
		if (line != bad[i].line || strstr(e.text, bad[i].why) == NULL)
			fail_msg("%s: %d: %s", bad[i].in, line, e.text);
	}
	arena_free(&a);
}

static void
check_bound(char c, size_t count, const char *why)
{
	struct arena	a = ARENA_INIT;
	struct buf	b = BUF_INIT;
	struct err	e;
	size_t		i;
	int		line;

	for (i = 0; i < count; i++)
		buf_printf(&b, "%s", c == '-' ? "- " : c == ',' ? "-\n" :
		    c == ' ' ? " " : "[");
	if (c == 'k')
		buf_clear(&b);
	for (i = 0; c == 'k' && i < count; i++)
		buf_printf(&b, "k%zu: 1\n", i);
	assert_null(yaml_read(buf_str(&b), &a, &line, &e));
	assert_non_null(strstr(e.text, why));
	buf_free(&b);
	arena_free(&a);
}

static void
test_bounds(void **state)
{
	(void)state;
	check_bound('[', YAML_DEPTH + 1, "deep");
	check_bound('-', YAML_DEPTH + 1, "deep");
	check_bound('[', 100000, "deep");
	check_bound(',', YAML_NODES, "more than this reads");
	check_bound(' ', YAML_SIZE + 1, "larger");
	check_bound('k', YAML_KEYS + 1, "keys");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
