/*
 * Where mail for a domain goes: what qmgr asks, and what DNS made of it.  The
 * answers are text:
 *
 *	300 | 10 a.lab 192.0.2.1:25 | 20+1024 ...	TTL, hops: preference
 *				and order, name, address, " < source*weight"
 *	dns/nxdomain permanent: DNS: x.lab: no such name
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <signal.h>

#include <cmocka.h>

#include "base/log.h"
#include "deliver/own.h"
#include "deliver/routing.h"

#include "desk.h"
#include "zone.h"

#define MX		"transport t mx - -o families=ipv4"
#define RECORDS								\
	"a.lab 300 A 192.0.2.1\n"					\
	"b.lab 200 A 192.0.2.2\nb.lab 200 A 192.0.2.3\n"		\
	"six.lab 300 AAAA 2001:db8::6\n"				\
	"two.lab 300 A 192.0.2.4\ntwo.lab 300 AAAA 2001:db8::4\n"	\
	"bare.lab 100 A 192.0.2.5\n"					\
	"d.lab 3600 MX 20 b.lab\nd.lab 3600 MX 10 a.lab\n"		\
	"even.lab 600 MX 10 a.lab\neven.lab 600 MX 10 two.lab\n"	\
	"long.lab 86400 MX 5 day.lab\nday.lab 86400 A 192.0.2.6\n"	\
	"short.lab 0 MX 5 day.lab\n"					\
	"alias.lab 30 CNAME d.lab\n"					\
	"mxalias.lab 300 MX 1 calias.lab\ncalias.lab 20 CNAME a.lab\n"	\
	"null.lab 300 MX 0 .\n"						\
	"mixed.lab 300 MX 0 .\nmixed.lab 300 MX 5 a.lab\n"		\
	"text.lab 300 TXT -\n"						\
	"dangling.lab 300 MX 10 text.lab\n"				\
	"dangling.lab 300 MX 20 nothere.lab\n"				\
	"fail.lab 0 SERVFAIL -\n"					\
	"half.lab 300 MX 10 fail.lab\nhalf.lab 300 MX 20 a.lab\n"	\
	"failing.lab 300 MX 10 fail.lab\n"				\
	"sixmx.lab 300 MX 10 six.lab\n"					\
	"me.lab 300 MX 10 a.lab\nme.lab 300 MX 20 US.example\n"		\
	"me.lab 300 MX 20 two.lab\nme.lab 300 MX 30 b.lab\n"		\
	"loop.lab 300 MX 10 us.example\nloop.lab 300 MX 20 b.lab\n"	\
	"own.lab 300 MX 10 a.lab\nown.lab 300 MX 20 self.lab\n"		\
	"own.lab 300 MX 30 b.lab\nself.lab 300 A 192.0.2.99\n"		\
	"ownbare.lab 300 A 192.0.2.99\n"				\
	"ownfail.lab 300 MX 10 fail.lab\nownfail.lab 300 MX 20 self.lab\n" \
	"dup.lab 300 MX 10 a.lab\ndup.lab 300 MX 20 A.lab\n"

static void
ask(uint64_t number, const char *domain)
{
	struct ipc_DELIVER_ASK	m = { .number = number, .transport = 2 };

	(void)strlcpy(m.domain, domain, sizeof m.domain);
	CHANNEL_PUT(t.channel, DELIVER_ASK, -1, &m);
}

/* By a transport of that text; what it says. */
static const char *
routed(const char *transport, const char *domain)
{
	struct buf	text = BUF_INIT;

	buf_printf(&text, "%s\n", transport);
	CHANNEL_SEND(t.channel, DELIVER_TRANSPORT, -1, { .number = 2,
	    .text = buf_str(&text) });
	buf_free(&text);
	ask(5, domain);
	/* What is dropped is there for who asks. */
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 2 });
	(void)hear("hops 5;");
	return buf_cstr(&t.hops);
}

struct row {
	const char	*transport, *domain, *want;
};

static void
check(const struct row *rows, size_t count)
{
	const char	*got;
	size_t		 i;
	bool		 wrong = false;

	zone_set(RECORDS);
	own_load(STR("192.0.2.99:25\n192.0.2.1:2525\n"));
	for (i = 0; i < count; i++) {
		got = routed(rows[i].transport, rows[i].domain);
		if (!are_hops(got, rows[i].want)) {
			print_error("%s %s:\n  \"%s\", not\n  \"%s\"\n",
			    rows[i].transport, rows[i].domain, got,
			    rows[i].want);
			wrong = true;
		}
	}
	assert_false(wrong);
}

#define CHECK(rows)	check(rows, sizeof rows / sizeof rows[0])

/* RFC 5321 5.1, RFC 7505, and the classes of errors. */
static void
test_exchangers(void **state)
{
	static const struct row	rows[] = {
		{ MX, "d.lab", "200 | 10 a.lab 192.0.2.1:25 | 20 b.lab "
		    "192.0.2.2:25 | 20 b.lab 192.0.2.3:25" },
		{ MX, "D.LAB", "200 | 10 a.lab 192.0.2.1:25 | 20 b.lab "
		    "192.0.2.2:25 | 20 b.lab 192.0.2.3:25" },
		{ MX, "even.lab", "300 | 10 a.lab 192.0.2.1:25 | "
		    "10 two.lab 192.0.2.4:25" },
		{ MX, "bare.lab", "100 | 0 bare.lab 192.0.2.5:25" },
		{ MX, "long.lab", "3600 | 5 day.lab 192.0.2.6:25" },
		{ MX, "short.lab", "5 | 5 day.lab 192.0.2.6:25" },
		{ MX, "alias.lab", "30 | 10 a.lab 192.0.2.1:25 | 20 b.lab "
		    "192.0.2.2:25 | 20 b.lab 192.0.2.3:25" },
		{ MX, "mxalias.lab", "20 | 1 calias.lab 192.0.2.1:25" },
		{ MX, "dup.lab", "300 | 10 a.lab 192.0.2.1:25" },
		{ MX, "null.lab", "dns/nullmx permanent: DNS: null.lab: "
		    "the domain takes no mail" },
		{ MX, "mixed.lab", "300 | 5 a.lab 192.0.2.1:25" },
		{ MX, "nothere.lab", "dns/nxdomain permanent: DNS: "
		    "nothere.lab: no such name" },
		{ MX, "text.lab", "dns/nodata permanent: DNS: text.lab: "
		    "no host has an address" },
		{ MX, "dangling.lab", "dns/nodata permanent: DNS: "
		    "dangling.lab: no host has an address" },
		{ MX, "fail.lab", "dns/other temporary: DNS: fail.lab: "
		    "no answer" },
		{ MX, "failing.lab", "dns/other temporary: DNS: "
		    "failing.lab: no answer" },
		/* The better one may be there soon. */
		{ MX, "half.lab", "60 | 20 a.lab 192.0.2.1:25" },
		{ MX, "bad;name", "dns/other permanent: DNS: bad;name: "
		    "not a domain name" },
		{ MX, "", "dns/other permanent: DNS: : not a domain name" },
		/* Of the operator's making. */
		{ "transport t mx d.lab -o families=ipv4", "x.lab",
		    "200 | 10 a.lab 192.0.2.1:25 | 20 b.lab 192.0.2.2:25 | "
		    "20 b.lab 192.0.2.3:25" },
		{ "transport t mx nothere.lab", "d.lab", "dns/nxdomain "
		    "temporary: DNS: nothere.lab: no such name" },
		{ "transport t mx null.lab", "d.lab", "dns/nullmx "
		    "temporary: DNS: null.lab: the domain takes no mail" },
		{ "transport t mx text.lab", "d.lab", "dns/nodata "
		    "temporary: DNS: text.lab: no host has an address" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_families(void **state)
{
	static const struct row	rows[] = {
		{ "transport t mx -", "two.lab", "300 | 0 two.lab "
		    "[2001:db8::4]:25 | 0+1024 two.lab 192.0.2.4:25" },
		{ "transport t mx - -o families=ipv4,ipv6", "two.lab",
		    "300 | 0 two.lab 192.0.2.4:25 | 0+1024 two.lab "
		    "[2001:db8::4]:25" },
		{ "transport t mx - -o families=ipv6", "two.lab",
		    "300 | 0 two.lab [2001:db8::4]:25" },
		/* Who has one family alone is not behind the others. */
		{ "transport t mx -", "even.lab", "300 | 10 a.lab "
		    "192.0.2.1:25 | 10 two.lab [2001:db8::4]:25 | 10+1024 "
		    "two.lab 192.0.2.4:25" },
		{ MX, "sixmx.lab", "dns/ipfamily temporary: DNS: sixmx.lab: "
		    "no address of a family that can be used" },
		{ "transport t mx - -o families=ipv6", "bare.lab",
		    "dns/ipfamily temporary: DNS: bare.lab: no address of a "
		    "family that can be used" },
		{ "address s - 192.0.2.50\n"
		    "transport t mx - -o source=s", "sixmx.lab",
		    "dns/ipfamily temporary: DNS: sixmx.lab: no address of "
		    "a family that can be used" },
		{ "address s - 192.0.2.50\n"
		    "transport t mx - -o source=s", "two.lab",
		    "300 | 0 two.lab 192.0.2.4:25 < s" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_loops(void **state)
{
	static const struct row	rows[] = {
		{ MX, "me.lab", "300 | 10 a.lab 192.0.2.1:25" },
		{ MX, "loop.lab", "config/ permanent: mail for loop.lab "
		    "loops back to myself" },
		{ MX, "own.lab", "200 | 10 a.lab 192.0.2.1:25" },
		{ MX, "ownbare.lab", "config/ permanent: mail for "
		    "ownbare.lab loops back to myself" },
		{ MX, "ownfail.lab", "dns/other temporary: DNS: "
		    "ownfail.lab: no answer" },
		{ "address s - 192.0.2.5\ntransport t mx - -o source=s "
		    "-o families=ipv4", "bare.lab", "config/ permanent: "
		    "mail for bare.lab loops back to myself" },
		/* Who names a host means it. */
		{ "transport t host 192.0.2.99:25", "x.lab",
		    "3600 secure | 0 192.0.2.99 192.0.2.99:25 secure" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_hosts(void **state)
{
	static const struct row	rows[] = {
		{ "transport t host a.lab:26", "x.lab",
		    "300 secure | 0 a.lab 192.0.2.1:26" },
		{ "transport t lmtp bare.lab", "x.lab",
		    "100 secure | 0 bare.lab 192.0.2.5:24" },
		{ "transport t host [2001:db8::9]:26", "x.lab", "3600 "
		    "secure | 0 [2001:db8::9] [2001:db8::9]:26 secure" },
		{ "transport t lmtp unix:/run/x", "x.lab",
		    "3600 secure | 0 unix:/run/x /run/x secure" },
		{ "transport t host nothere.lab", "x.lab", "dns/nxdomain "
		    "temporary: DNS: nothere.lab: no such name" },
		{ "transport t host text.lab", "x.lab", "dns/nodata "
		    "temporary: DNS: text.lab: no host has an address" },
		{ "transport t host fail.lab", "x.lab", "dns/other "
		    "temporary: DNS: fail.lab: no answer" },
		/* Exchangers are not meant. */
		{ "transport t host d.lab", "x.lab", "dns/nodata "
		    "temporary: DNS: d.lab: no host has an address" },
	};

	(void)state;
	CHECK(rows);
}

static void
test_literals(void **state)
{
	static const struct row	no[] = {
		{ MX, "[192.0.2.1]", "dns/other permanent: DNS: "
		    "[192.0.2.1]: mail to address literals is not sent" },
	}, yes[] = {
		{ MX, "[192.0.2.1]", "3600 secure | 0 [192.0.2.1] "
		    "192.0.2.1:25 secure" },
		{ "transport t mx -", "[IPv6:2001:db8::7]", "3600 secure | "
		    "0 [ipv6:2001:db8::7] [2001:db8::7]:25 secure" },
		{ MX, "[IPv6:2001:db8::7]", "dns/ipfamily temporary: DNS: "
		    "[IPv6:2001:db8::7]: no address of a family that can be "
		    "used" },
		{ MX, "[192.0.2.99]", "config/ permanent: mail for "
		    "[192.0.2.99] loops back to myself" },
		{ MX, "[192.0.2.256]", "dns/other permanent: DNS: "
		    "[192.0.2.256]: not an address literal" },
		{ MX, "[2001:db8::7]", "dns/other permanent: DNS: "
		    "[2001:db8::7]: not an address literal" },
		{ MX, "[]", "dns/other permanent: DNS: []: not an address "
		    "literal" },
		{ MX, "[192.0.2.1", "dns/other permanent: DNS: [192.0.2.1: "
		    "not an address literal" },
	};

	(void)state;
	CHECK(no);
	worker.params.resolve_address_literals = true;
	CHECK(yes);
}

#define SOURCES	"address x - 192.0.2.51 -o helo=x.us\n"			\
	"address y - 192.0.2.52\naddress z - 2001:db8::53\n"

static void
test_sources(void **state)
{
	static const struct row	rows[] = {
		{ SOURCES "transport t mx - -o source=x,y,x,z "
		    "-o families=ipv4", "bare.lab", "100 | 0 bare.lab "
		    "192.0.2.5:25 < x*2 as x.us | 0 bare.lab 192.0.2.5:25 "
		    "< y" },
		{ SOURCES "transport t mx - -o source=y,x "
		    "-o source_order=strict -o families=ipv4", "bare.lab",
		    "100 | 0 bare.lab 192.0.2.5:25 < y | 0+1 bare.lab "
		    "192.0.2.5:25 < x as x.us" },
		{ SOURCES "transport t mx - -o source=x,z", "two.lab",
		    "300 | 0 two.lab [2001:db8::4]:25 < z | 0+1024 two.lab "
		    "192.0.2.4:25 < x as x.us" },
		/* Neighbours begin with other ones. */
		{ SOURCES "transport t mx - -o source=x,y "
		    "-o families=ipv4", "b.lab", "200 | 0 b.lab "
		    "192.0.2.2:25 < x as x.us | 0 b.lab 192.0.2.3:25 < y | "
		    "0 b.lab 192.0.2.2:25 < y | 0 b.lab 192.0.2.3:25 < x "
		    "as x.us" },
		{ SOURCES "transport t lmtp unix:/run/x -o source=x",
		    "x.lab", "3600 secure | 0 unix:/run/x /run/x secure" },
	};

	(void)state;
	CHECK(rows);
}

/* Hostile ones, and more than fit. */
static void
test_bounds(void **state)
{
	struct buf	records = BUF_INIT, transport = BUF_INIT;
	size_t		count = 0;
	const char	*p;
	int		i;

	(void)state;
	for (i = 0; i < 256; i++)
		buf_printf(&records, "many.lab 300 MX %d m%d.lab\n", i / 8,
		    i);
	for (i = 0; i < 256; i++)
		buf_printf(&records, "m%d.lab 300 A 198.51.100.%d\n", i, i);
	for (i = 0; i < 40; i++)
		buf_printf(&transport, "address s%d - 192.0.2.%d\n", i,
		    100 + i);
	buf_add_text(&transport, "transport t mx - -o families=ipv4 "
	    "-o source=s0");
	for (i = 1; i < 40; i++)
		buf_printf(&transport, ",s%d", i);
	zone_set(buf_cstr(&records));
	p = routed(buf_cstr(&transport), "many.lab");
	assert_non_null(strstr(p, " | 0 m0.lab "));
	assert_non_null(strstr(p, " | 1 m"));	/* there is a way on */
	for (i = 0; i < 40; i++) {
		buf_clear(&transport);
		buf_printf(&transport, " < s%d |", i);
		assert_non_null(strstr(p, buf_cstr(&transport)));
	}
	for (; (p = strstr(p, " | ")) != NULL; p++)
		count++;
	assert_int_equal(count, 64);
	/* Of 257 that it might ask, even if it asks for some again. */
	assert_in_range(zone_asked(), 1, 150);
	buf_free(&records);
	buf_free(&transport);
}

/* All of them are answered, in whatever order; and none to the next qmgr. */
static void
test_many(void **state)
{
	char	domain[32];
	int	i, answered = 0;

	(void)state;
	zone_set(RECORDS);
	CHANNEL_SEND(t.channel, DELIVER_TRANSPORT, -1, { .number = 2,
	    .text = STR(MX "\n") });
	for (i = 1; i <= 2000; i++) {
		(void)snprintf(domain, sizeof domain, "x%d.lab", i % 7);
		ask((uint64_t)i, domain);
	}
	while (answered < 2000) {
		(void)hear("hops ");
		answered = 2000 - (int)routing_open();
	}
	assert_int_equal(routing_open(), 0);
	zone_set("hush.lab 0 SILENT -\n");
	ask(7, "hush.lab");
	ask(8, "text.lab");
	(void)hear("hops 8");
	assert_int_equal(routing_open(), 1);
	channel_free(&t.channel);
	(void)hear("ready");
	assert_int_equal(routing_open(), 0);
	ask(9, "x.lab");
	(void)hear("END");		/* by a transport that it has not */
}

/* Sockets on all addresses are on those of this machine. */
static void
test_own(void **state)
{
	static const struct {
		const char	*listening, *ip;
		uint16_t	 port;
		bool		 own;
	} rows[] = {
		{ "127.0.0.1:25\n", "127.0.0.1", 25, true },
		{ "127.0.0.1:25\n", "127.0.0.1", 26, false },
		{ "127.0.0.1:25\n", "127.0.0.2", 25, false },
		{ "192.0.2.1:26\n0.0.0.0:25\n", "127.0.0.2", 25, true },
		{ "192.0.2.1:26\n0.0.0.0:25\n", "192.0.2.1", 26, true },
		{ "0.0.0.0:25\n", "127.0.0.2", 26, false },
		{ "0.0.0.0:25\n", "192.0.2.1", 25, false },
		{ "[::]:25\n", "::1", 25, true },
		{ "[::]:25\n", "2001:db8::1", 25, false },
		{ "[2001:db8::1]:25\n", "2001:db8::1", 25, true },
		{ "", "127.0.0.1", 25, false },
		{ "nonsense\n:\n1.2.3.4:x\n", "1.2.3.4", 25, false },
	};
	struct netaddr	a;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		own_load(str_of(rows[i].listening));
		assert_int_equal(netaddr_parse_ip(&a, str_of(rows[i].ip),
		    rows[i].port), 0);
		assert_int_equal(own_address(&a), rows[i].own);
	}
	assert_true(own_name(STR("US.example"), STR("us.example")));
	assert_false(own_name(STR(""), STR("")));
	own_fini();
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_exchangers), TEST(test_families), TEST(test_loops),
		TEST(test_hosts), TEST(test_literals), TEST(test_sources),
		TEST(test_bounds), TEST(test_many),
		cmocka_unit_test(test_own),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
