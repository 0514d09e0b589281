/*
 * base: text, buffers, arenas, numbers, addresses, wire.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/net.h"
#include "base/str.h"
#include "base/uuid.h"
#include "base/wire.h"

static void
test_str_uint(void **state)
{
	static const struct {
		const char	*in;
		uint64_t	 max;
		int		 rc;
		uint64_t	 want;
	} t[] = {
		{ "8", 7, -1, 0 }, { "7", 7, 0, 7 }, { "70", 7, -1, 0 },
		{ "0", 10, 0, 0 }, { "10", 10, 0, 10 }, { "11", 10, -1, 0 },
		{ "", 10, -1, 0 }, { "-1", 10, -1, 0 }, { "+1", 10, -1, 0 },
		{ " 1", 10, -1, 0 }, { "1 ", 10, -1, 0 }, { "1x", 99, -1, 0 },
		{ "18446744073709551615", UINT64_MAX, 0, UINT64_MAX },
		{ "18446744073709551616", UINT64_MAX, -1, 0 },
		{ "99999999999999999999999", UINT64_MAX, -1, 0 },
	};
	uint64_t	n;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		n = 0;
		assert_int_equal(str_uint(str_of(t[i].in), t[i].max, &n),
		    t[i].rc);
		if (t[i].rc == 0)
			assert_true(n == t[i].want);
	}
}

static void
test_utf8(void **state)
{
	static const struct {
		const char	*in;
		bool		 want;
	} t[] = {
		{ "", true }, { "abc", true }, { "\xc3\xa9", true },
		{ "\xe2\x82\xac", true }, { "\xf0\x9f\x93\xa7", true },
		{ "\xf4\x8f\xbf\xbf", true }, { "\xf4\x90\x80\x80", false },
		{ "\xc0\x80", false }, { "\xc1\xbf", false },
		{ "\xe0\x80\x80", false }, { "\xed\xa0\x80", false },
		{ "\xed\x9f\xbf", true }, { "\xf0\x80\x80\x80", false },
		{ "\x80", false }, { "\xc3", false }, { "\xe2\x82", false },
		{ "\xff", false }, { "a\xc3\x28", false },
	};
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		assert_int_equal(utf8_valid(str_of(t[i].in)), t[i].want);
}

static void
test_str_split(void **state)
{
	struct str	rest, head;

	(void)state;
	head = str_split(STR("a:b:c"), ':', &rest);
	assert_true(str_eq(head, STR("a")) && str_eq(rest, STR("b:c")));
	head = str_split(STR("abc"), ':', &rest);
	assert_true(str_eq(head, STR("abc")) && rest.p == NULL);
	head = str_split(STR("abc:"), ':', &rest);
	assert_true(rest.p != NULL && rest.len == 0);
	assert_true(str_eq(str_trim(STR(" \t x ")), STR("x")));
	assert_true(str_caseprefix(STR("MAIL from"), STR("mail F")));
	assert_false(str_caseeq(STR("a"), STR("ab")));
}

/* A buffer that is filled and drained keeps its size. */
static void
test_buf_slides(void **state)
{
	struct buf	b = BUF_INIT;
	size_t		i, cap = 0;
	char		piece[100];

	(void)state;
	memset(piece, 'x', sizeof piece);
	for (i = 0; i < 1000; i++) {
		buf_add(&b, piece, sizeof piece);
		if (i > 2)
			buf_consume(&b, sizeof piece);
		if (i == 10)
			cap = b.cap;
	}
	assert_int_equal(b.len, 300);
	assert_int_equal(b.cap, cap);
	buf_clear(&b);
	buf_printf(&b, "%d-%s", 42, "x");
	assert_string_equal(buf_cstr(&b), "42-x");
	buf_truncate(&b, 2);
	assert_string_equal(buf_cstr(&b), "42");
	buf_free(&b);
}

static void
test_buf_json(void **state)
{
	static const struct {
		const char	*in;
		const char	*want;
	} t[] = {
		{ "", "\"\"" }, { "a\"b\\", "\"a\\\"b\\\\\"" },
		{ "\r\n\x1b", "\"\\u000d\\u000a\\u001b\"" },
		{ "\xc3\xa9", "\"\xc3\xa9\"" },
		{ "x\xffy", "\"x\\ufffdy\"" },
		{ "\xc2\x9bm", "\"\\u009bm\"" },
		{ "\xc2\xa0", "\"\xc2\xa0\"" },
		{ "\xe2\x80\xae", "\"\\u202e\"" },
		{ "\xe2\x80\x94", "\"\xe2\x80\x94\"" },
		{ "\xe2\x81\xa9", "\"\\u2069\"" },
	};
	struct buf	b = BUF_INIT;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		buf_clear(&b);
		buf_add_json(&b, str_of(t[i].in));
		assert_string_equal(buf_cstr(&b), t[i].want);
	}
	buf_free(&b);
}

static void
test_arena(void **state)
{
	struct arena	 a = ARENA_INIT;
	char		*p[200];
	size_t		 i;

	(void)state;
	for (i = 0; i < 200; i++) {
		p[i] = arena_alloc(&a, i * 7 + 1);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		assert_int_equal(p[i][i * 7], 0);
		memset(p[i], (int)i, i * 7 + 1);
	}
	for (i = 0; i < 200; i++)
		assert_int_equal((unsigned char)p[i][i * 7], i);
	assert_string_equal(arena_strdup(&a, STR("abc")), "abc");
	arena_free(&a);
}

static void
test_netaddr(void **state)
{
	static const struct {
		const char	*ip;
		const char	*text;		/* NULL: refused */
	} t[] = {
		{ "192.0.2.1", "192.0.2.1:25" },
		{ "[2001:db8::1]", "[2001:db8::1]:25" },
		{ "2001:DB8::1", "[2001:db8::1]:25" },
		{ "::ffff:192.0.2.1", "192.0.2.1:25" },
		{ "999.1.1.1", NULL }, { "example.org", NULL }, { "", NULL },
		{ "[192.0.2.1", NULL }, { "1.2.3.4 ", NULL },
	};
	char		text[NETADDR_TEXT];
	struct netaddr	a;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof t / sizeof t[0]; i++) {
		if (t[i].text == NULL) {
			assert_int_equal(netaddr_parse_ip(&a,
			    str_of(t[i].ip), 25), -1);
			continue;
		}
		assert_int_equal(netaddr_parse_ip(&a, str_of(t[i].ip), 25), 0);
		assert_string_equal(netaddr_text(&a, text, sizeof text),
		    t[i].text);
	}
}

/* Every cut of what was written is refused, none is read past. */
static void
test_wire(void **state)
{
	struct buf	b = BUF_INIT;
	struct rbuf	r;
	struct str	blob;
	uint64_t	n;
	char		text[8], *copy;
	size_t		cut;

	(void)state;
	wire_put_uint(&b, 0x0102, 2);
	assert_int_equal(wire_put_str(&b, "hello", 8), 0);
	assert_int_equal(wire_put_blob(&b, STR("\0x"), 2), 0);
	assert_int_equal(wire_put_blob(&b, STR("xyz"), 2), -1);
	for (cut = 0; cut <= b.len; cut++) {
		copy = malloc(cut + 1);
		memcpy(copy, buf_data(&b), cut);
		r.p = (unsigned char *)copy;
		r.len = cut;
		assert_int_equal(wire_get_uint(&r, &n, 2) == 0 && n == 0x0102 &&
		    wire_get_str(&r, text, sizeof text) == 0 &&
		    wire_get_blob(&r, &blob, 2) == 0 && r.len == 0,
		    cut == b.len);
		free(copy);
	}
	buf_free(&b);
}

static void
test_uuid(void **state)
{
	char	a[UUID_TEXT], b[UUID_TEXT];

	(void)state;
	uuid_v4(a);
	uuid_v4(b);
	assert_string_not_equal(a, b);
	assert_int_equal(strlen(a), 36);
	assert_int_equal(a[14], '4');
	uuid_v7(a);
	assert_int_equal(a[14], '7');
	assert_non_null(strchr("89ab", a[19]));
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_str_uint),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_str_split),
		cmocka_unit_test(test_buf_slides),
		cmocka_unit_test(test_buf_json),
		cmocka_unit_test(test_arena),
		cmocka_unit_test(test_netaddr),
		cmocka_unit_test(test_wire),
		cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
