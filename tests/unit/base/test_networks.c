/* Lists of networks, and the addresses in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/net.h"

static void
test_within(void **state)
{
	static const struct {
		const char	*ip, *networks;
		bool		 within;
	} rows[] = {
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.2", "192.0.2.1", false },
		{ "192.0.2.255", "192.0.2.0/24", true },
		{ "192.0.3.0", "192.0.2.0/24", false },
		{ "192.0.3.0", "192.0.2.0/23", true },
		{ "192.0.2.129", "192.0.2.128/25", true },
		{ "192.0.2.127", "192.0.2.128/25", false },
		{ "203.0.113.9", "0.0.0.0/0", true },
		{ "2001:db8::1", "0.0.0.0/0", false },
		{ "192.0.2.1", "::/0", false },
		{ "2001:db8::1", "2001:db8::/32", true },
		{ "2001:db9::1", "2001:db8::/32", false },
		{ "2001:db8:8000::", "2001:db8::/33", false },
		{ "::ffff:192.0.2.1", "192.0.2.0/24", true },
		{ "10.0.0.1", "  192.0.2.0/24   10.0.0.0/8 ", true },
		{ "10.0.0.1", "", false },
		{ "10.0.0.1", "10.0.0.0/33 10.0.0.1", true },
	};
	struct netaddr	a;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(netaddr_parse_ip(&a, str_of(rows[i].ip), 0),
		    0);
		assert_int_equal(netaddr_within(&a, rows[i].networks),
		    rows[i].within);
	}
	assert_int_equal(netaddr_unix(&a, "/x", NULL), 0);
	assert_false(netaddr_within(&a, "0.0.0.0/0 ::/0"));
}

static void
test_bad_words(void **state)
{
	static const char	*const rows[][2] = {
		{ "", NULL }, { "10.0.0.0/8 ::1", NULL },
		{ "10.0.0.0/8 x ::1", "x" }, { "10.0.0.0/33", "10.0.0.0/33" },
		{ "::/129", "::/129" }, { "10.0.0.0/", "10.0.0.0/" },
		{ "10.0.0.0/-1", "10.0.0.0/-1" }, { "/8", "/8" },
		{ "10.0.0.0/8/8", "10.0.0.0/8/8" }, { "10.0.0", "10.0.0" },
	};
	struct str	bad;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(netaddr_networks_ok(rows[i][0], &bad),
		    rows[i][1] != NULL ? -1 : 0);
		if (rows[i][1] != NULL)
			assert_true(str_eq(bad, str_of(rows[i][1])));
	}
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_bad_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
