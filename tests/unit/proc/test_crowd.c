/* Counting clients: against a plain model, and over a full window. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/net.h"
#include "proc/board.h"
#include "proc/crowd.h"

static struct crowd	crowd;

static uint64_t
client(const char *ip)
{
	struct netaddr	a;

	assert_int_equal(netaddr_parse_ip(&a, str_of(ip), 0), 0);
	return crowd_client(&a);
}

static void
test_clients(void **state)
{
	(void)state;
	assert_true(client("192.0.2.1") != client("192.0.2.2"));
	assert_true(client("0.0.0.0") != 0);
	assert_true(client("2001:db8::1") == client("2001:db8::ffff:1"));
	assert_true(client("2001:db8:0:1::1") != client("2001:db8::1"));
	assert_true(client("::ffff:192.0.2.1") == client("192.0.2.1"));
	assert_true(client("::ffff:192.0.2.1") != client("::ffff:192.0.2.2"));
	assert_true(crowd_user(0) != 0 && crowd_user(0) != crowd_user(1));
	assert_true(crowd_user(0xc0000200) != client("192.0.2.0"));
}

static uint64_t
within(const char *network)
{
	struct netaddr_network	n;

	assert_int_equal(netaddr_network(&n, str_of(network)), 0);
	return crowd_count_within(&crowd, &n);
}

/* Of networks of any length; users have no address. */
static void
test_networks(void **state)
{
	static const char *const	ip[] = { "0.0.0.0", "192.0.2.1",
	    "192.0.2.1", "::ffff:192.0.2.129", "192.0.3.1",
	    "255.255.255.255", "::1", "2001:db8::1", "2001:db8::ffff:1",
	    "2001:db8:0:1::1", "2001:db9::1", "ffff:ffff:ffff:ffff::" };
	static const struct {
		const char	*network;
		uint64_t	 count;
	} t[] = {
		{ "192.0.2.1", 2 }, { "192.0.2.1/32", 2 },
		{ "192.0.2.0/31", 2 }, { "192.0.2.0/25", 2 },
		{ "192.0.2.0/24", 3 }, { "192.0.2.0/23", 4 },
		{ "192.0.2.99/23", 4 }, { "128.0.0.0/1", 5 },
		{ "0.0.0.0/0", 6 }, { "0.0.0.0", 1 }, { "0.0.0.0/8", 1 },
		{ "255.255.255.255", 1 }, { "10.0.0.0/8", 0 },
		{ "::ffff:192.0.2.1", 2 }, { "::1", 1 }, { "::/64", 1 },
		{ "2001:db8::7", 2 }, { "2001:db8::/64", 2 },
		{ "2001:db8::/63", 3 }, { "2001:db8::/32", 3 },
		{ "2001:db8::/31", 4 }, { "::/0", 6 }, { "::/1", 5 },
		{ "8000::/1", 1 },
	};
	size_t	i;

	(void)state;
	memset(&crowd, 0, sizeof crowd);
	for (i = 0; i < sizeof ip / sizeof ip[0]; i++)
		crowd_add(&crowd, client(ip[i]), 1);
	for (i = 0; i < 5; i++)
		crowd_add(&crowd, crowd_user((uid_t)i * 1000), 1);
	crowd_add(&crowd, client("10.0.0.1"), 1);
	crowd_add(&crowd, client("10.0.0.1"), -1);
	for (i = 0; i < sizeof t / sizeof t[0]; i++)
		if (within(t[i].network) != t[i].count)
			fail_msg("%s: %llu", t[i].network, (unsigned long long)
			    within(t[i].network));
}

/* 3000 clients come and go at random; each count is the model's. */
static void
test_model(void **state)
{
	enum { CLIENTS = 3000 };
	static unsigned	model[CLIENTS];
	static uint64_t	id[CLIENTS];
	char		ip[32];
	uint32_t	random = 1;
	unsigned	k;
	int		i;

	(void)state;
	memset(&crowd, 0, sizeof crowd);
	for (i = 0; i < CLIENTS; i++) {
		(void)snprintf(ip, sizeof ip, "10.0.%d.%d", i / 256, i % 256);
		id[i] = client(ip);
	}
	for (i = 0; i < 200000; i++) {
		random = random * 1664525 + 1013904223;
		k = (random >> 8) % CLIENTS;
		if (model[k] != 0 && (random >> 30) != 0) {
			crowd_add(&crowd, id[k], -1);
			model[k]--;
		} else {
			crowd_add(&crowd, id[k], 1);
			model[k]++;
		}
		assert_int_equal(crowd_count(&crowd, id[k]), model[k]);
	}
	for (i = 0; i < CLIENTS; i++)
		assert_int_equal(crowd_count(&crowd, id[i]), model[i]);
}

/* One that finds no place is not counted, and harms no other. */
static void
test_full_window(void **state)
{
	uint64_t	i;

	(void)state;
	memset(&crowd, 0, sizeof crowd);
	for (i = 0; i <= CROWD_WINDOW; i++)
		crowd_add(&crowd, i << 32 | 7, 1);
	assert_int_equal(crowd_count(&crowd, 0ull << 32 | 7), 1);
	assert_int_equal(crowd_count(&crowd, 31ull << 32 | 7), 1);
	assert_int_equal(crowd_count(&crowd, 32ull << 32 | 7), 0);
	crowd_add(&crowd, 32ull << 32 | 7, -1);
	crowd_add(&crowd, 3ull << 32 | 7, -1);
	crowd_add(&crowd, 32ull << 32 | 7, 1);
	crowd_add(&crowd, 32ull << 32 | 7, 1);
	assert_int_equal(crowd_count(&crowd, 32ull << 32 | 7), 2);
	assert_int_equal(crowd_count(&crowd, 3ull << 32 | 7), 0);
	assert_int_equal(crowd_count(&crowd, 4ull << 32 | 7), 1);
}

/* What a worker that is gone had open is gone with it. */
static void
test_taken_in(void **state)
{
	struct board	*from = calloc(1, sizeof *from);
	struct board	*to = calloc(1, sizeof *to);

	(void)state;
	crowd_add(&from->crowd, client("192.0.2.1"), 1);
	board_take_in(to, from);
	assert_int_equal(crowd_count(&from->crowd, client("192.0.2.1")), 0);
	assert_int_equal(crowd_count(&to->crowd, client("192.0.2.1")), 0);
	free(from);
	free(to);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_clients),
		cmocka_unit_test(test_networks),
		cmocka_unit_test(test_model),
		cmocka_unit_test(test_full_window),
		cmocka_unit_test(test_taken_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
