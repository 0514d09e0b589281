/*
 * Jobs over routes: which hops are tried in which order, qmgr's leave for each
 * but the first, rows of policy.cf, and what qmgr is told.  The next hop is at
 * 127.0.0.1; at its port nobody is at other addresses.
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
#include "deliver/course.h"
#include "deliver/job.h"
#include "job/nexthop.h"
#include "schedule/policy_field.h"
#include "send/attempt.h"

#include "desk.h"
#include "zone.h"

static struct nexthop
hop(uint16_t preference, const char *mx, const char *ip, const char *source)
{
	struct nexthop	h = { .preference = preference, .weight = 1,
			    .mx = str_of(mx) };

	assert_int_equal(netaddr_parse_ip(&h.address, str_of(ip), t.port), 0);
	if (source == NULL)
		return h;
	assert_int_equal(netaddr_parse_ip(&h.source, str_of(source), 0), 0);
	h.source_id = STR("s");
	h.helo = STR("out.us.example");
	return h;
}

static void
give_route(uint64_t number, struct nexthop *list, size_t count)
{
	struct nexthops	n = { .ttl_s = 60, .hop = list, .count = count };
	struct buf	b = BUF_INIT;

	assert_int_equal(nexthops_put(&b, &n), 0);
	CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1, { .number = number,
	    .hops = buf_str(&b) });
	buf_free(&b);
}

static void
give_row(uint64_t number, const char *text)
{
	CHANNEL_SEND(t.channel, DELIVER_ROW, -1, { .number = number,
	    .text = str_of(text) });
}

static void
give_job(struct ipc_DELIVER_JOB *m, const char *to)
{
	CHANNEL_PUT(t.channel, DELIVER_JOB, -1, m);
	give_entry(m->job, 1, to);
}

static void
give_routed(uint64_t job, uint64_t lease, uint64_t route, uint64_t row,
    const char *to)
{
	struct ipc_DELIVER_JOB	m = job_frame(job, lease, 1);

	m.route = route;
	m.row = row;
	(void)strlcpy(m.grouping, "&big", sizeof m.grouping);
	give_job(&m, to);
}

static void
answer(uint64_t job, uint32_t to, bool ok, uint64_t row)
{
	CHANNEL_SEND(t.channel, DELIVER_NEXT_ANSWER, -1, { .job = job,
	    .hop = to, .ok = ok, .row = row });
}

/* A dead address, then the next hop. */
static void
give_two(uint64_t number)
{
	struct nexthop	list[2];

	list[0] = hop(10, "dead.lab", "127.0.0.2", NULL);
	list[1] = hop(20, "a.lab", "127.0.0.1", NULL);
	give_route(number, list, 2);
}

/* What was heard, with the hop's port as PORT. */
static void
heard_is(const char *got, const char *want)
{
	struct buf	b = BUF_INIT;
	const char	*p;

	for (; (p = strstr(want, "PORT")) != NULL; want = p + 4) {
		buf_add(&b, want, (size_t)(p - want));
		buf_printf(&b, "%u", t.port);
	}
	buf_add_text(&b, want);
	assert_string_equal(got, buf_cstr(&b));
	buf_free(&b);
}

/* ---- The order ----------------------------------------------------------- */

/* Letters are addresses, a digit before them the preference, one behind them
 * the source. */
static void
test_plan(void **state)
{
	static const struct {
		const char	*hops;
		uint32_t	 first;
		size_t		 room;
		const char	*want;
	} rows[] = {
		{ "1a1 1b1 2c1", 0, 9, "a1b1c1" },
		{ "1a1 1b1 2c1", 1, 9, "b1a1c1" },
		{ "1a1 1b1 2c1", 2, 9, "c1" },	/* never to a better one */
		{ "1a1 1a2 1b1 1b2 2c1 2c2", 1, 9, "a2b2c2" },
		{ "1a1 1a2 1b1 2c1", 1, 9, "a2b1c1" },
		{ "1a1 1a2 1a3", 2, 9, "a3" },
		{ "1a1 1b1 1c1 1d1", 2, 9, "c1d1a1b1" },
		{ "1a1 1b1 1c1 2d1", 0, 2, "a1b1" },
		{ "1a1 2a1 2b1", 0, 9, "a1b1" },
		{ "1a1", 0, 1, "a1" },
	};
	struct nexthop	list[8];
	struct nexthops	n = { .hop = list };
	char		got[32], ip[32];
	uint32_t	order[8];
	const char	*p;
	size_t		i, k;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		n.count = 0;
		for (p = rows[i].hops; *p != '\0'; p += p[3] != '\0' ? 4 : 3) {
			(void)snprintf(ip, sizeof ip, "192.0.2.%d", p[1]);
			list[n.count] = hop((uint16_t)(p[0] - '0'), "m", ip,
			    NULL);
			(void)snprintf(ip, sizeof ip, "10.0.0.%c", p[2]);
			assert_int_equal(netaddr_parse_ip(
			    &list[n.count++].source, str_of(ip), 0), 0);
		}
		n.count = course_plan(&n, rows[i].first, order, rows[i].room);
		for (k = 0; k < n.count; k++) {
			p = rows[i].hops + 4 * order[k];
			got[2 * k] = p[1];
			got[2 * k + 1] = p[2];
		}
		got[2 * k] = '\0';
		assert_string_equal(got, rows[i].want);
	}
}

/* ---- Leave --------------------------------------------------------------- */

static void
test_next(void **state)
{
	(void)state;
	give_two(3);
	give_routed(7, 1, 3, 0, "r@a.example");
	heard_is(hear("next"), "dead 127.0.0.2:PORT;next 7/1;");
	answer(7, 1, true, 0);
	heard_is(hear("rests"), "done 7;rests 1/1;");
	/* By the one that was asked for. */
	give_routed(8, 2, 3, 0, "bad@a.example");
	(void)hear("next");
	answer(8, 1, true, 0);
	(void)hear("rests 2/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict), "a.lab|&big|550"));
}

static void
test_no_leave(void **state)
{
	struct nexthop	list[3];

	(void)state;
	give_two(3);
	give_routed(7, 1, 3, 0, "r@a.example");
	(void)hear("next");
	answer(7, 1, false, 0);
	heard_is(hear("closed"), "defer 7;closed 1/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict),
	    "dead.lab|&big|127.0.0.2"));
	/* The one behind it may have room. */
	list[0] = hop(10, "dead.lab", "127.0.0.2", NULL);
	list[1] = hop(20, "dead.lab", "127.0.0.3", NULL);
	list[2] = hop(20, "a.lab", "127.0.0.1", NULL);
	give_route(4, list, 3);
	give_routed(8, 2, 4, 0, "r@a.example");
	(void)hear("next 8/1;");
	answer(8, 1, false, 0);
	assert_string_equal(hear("next"), "next 8/2;");
	/* Not what is waited for, or not any more. */
	answer(8, 1, true, 0);
	answer(99, 1, true, 0);
	answer(8, 2, true, 0);
	heard_is(hear("rests"), "done 8;rests 2/1;");
	answer(8, 2, true, 0);
	give_routed(9, 3, 3, 0, "r@a.example");
	(void)hear("next 9/1");
}

static void
test_asked_again(void **state)
{
	(void)state;
	give_two(3);
	give_routed(7, 1, 3, 0, "r@a.example");
	(void)hear("next");
	channel_free(&t.channel);
	assert_string_equal(hear("next"), "hello 0;held 7;leased 1/1;"
	    "ready 0;next 7/1;");
	give_all(1, "");
	give_row(5, "delivery d - -o pooling=no\n");
	answer(7, 1, true, 5);
	assert_string_equal(hear("closed"), "done 7;closed 1/1;");
}

/* While it waits its time may be over; what was found is told. */
static void
test_deadline(void **state)
{
	(void)state;
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 1 });
	CHANNEL_SEND(t.channel, DELIVER_CLOSE, -1, { .segment = SEGMENT });
	give_all(1, "-o attempt_limit=2s");
	give_two(3);
	give_routed(7, 1, 3, 0, "r@a.example");
	(void)hear("next");
	assert_string_equal(hear("closed"), "defer 7;closed 1/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict),
	    "dead.lab|&big|127.0.0.2"));
}

/* ---- Idle connections ---------------------------------------------------- */

static void
test_idle(void **state)
{
	struct nexthop	list[2];

	(void)state;
	list[0] = hop(10, "a.lab", "127.0.0.1", NULL);
	list[1] = hop(10, "a.lab", "127.0.0.2", NULL);
	give_route(3, list, 2);
	give_routed(1, 11, 3, 0, "r@a.example");
	(void)hear("rests 11/1");
	give_routed(2, 12, 3, 0, "r@a.example");
	assert_string_equal(hear("rests"), "closed 11/1;done 2;rests 12/1;");
	/* The same name, but another address was chosen. */
	{
		struct ipc_DELIVER_JOB	m = job_frame(3, 13, 1);

		m.route = 3;
		m.hop = 1;
		give_job(&m, "r@a.example");
	}
	heard_is(hear("next"), "dead 127.0.0.2:PORT;next 3/0;");
	/* With leave the idle one is taken, and its lease ends. */
	answer(3, 0, true, 0);
	assert_string_equal(hear("rests"), "closed 12/1;done 3;rests 13/1;");
}

/* A new qmgr learns by what an idle connection is counted. */
static void
test_fields(void **state)
{
	struct policy_values	v;
	struct nexthop		h = hop(10, "a.lab", "127.0.0.1",
				    "127.0.0.5");

	(void)state;
	give_route(3, &h, 1);
	give_routed(7, 1, 3, 0, "r@a.example");
	(void)hear("rests");
	channel_free(&t.channel);
	(void)hear("ready");
	assert_int_equal(policy_values_get(&v, buf_str(&t.fields)), 0);
	assert_true(str_eq(v.of[POLICY_FIELD_TRANSPORTID], STR("hop")));
	assert_true(str_eq(v.of[POLICY_FIELD_LOCALIP], STR("127.0.0.5")));
	assert_true(str_eq(v.of[POLICY_FIELD_REMOTEIP], STR("127.0.0.1")));
	assert_true(str_eq(v.of[POLICY_FIELD_REMOTEMX], STR("a.lab")));
	assert_true(str_eq(v.of[POLICY_FIELD_RECIPIENTDOMAIN],
	    STR("a.example")));
	assert_true(str_eq(v.of[POLICY_FIELD_GROUPING], STR("&big")));
}

/* ---- Without a connection ------------------------------------------------ */

static void
test_barred(void **state)
{
	struct ipc_DELIVER_JOB	m = job_frame(7, 1, 1);

	(void)state;
	give_two(3);
	m.route = 3;
	m.barred = 1;
	give_job(&m, "r@a.example");
	assert_string_equal(hear("closed"), "defer 7;closed 1/1;");
	assert_string_equal(buf_cstr(&t.verdict), "dead.lab||127.0.0.2: "
	    "could not be reached a moment ago");
}

static void
test_nowhere(void **state)
{
	static const struct {
		enum attempt_error	error;
		enum attempt_dns	dns;
		bool			temporary;
		const char		*want;
	} rows[] = {
		{ ATTEMPT_ERROR_DNS, ATTEMPT_DNS_NXDOMAIN, false, "bounce" },
		{ ATTEMPT_ERROR_DNS, ATTEMPT_DNS_OTHER, true, "defer" },
		{ ATTEMPT_ERROR_CONFIG, ATTEMPT_DNS_NONE, false, "bounce" },
	};
	struct nexthops	n = { .ttl_s = 60, .why = STR("because") };
	struct buf	b = BUF_INIT;
	char		want[32];
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		n.error = (uint8_t)rows[i].error;
		n.dns = (uint8_t)rows[i].dns;
		n.temporary = rows[i].temporary;
		buf_clear(&b);
		assert_int_equal(nexthops_put(&b, &n), 0);
		CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1,
		    { .number = 100 + i, .hops = buf_str(&b) });
		give_routed(i + 1, i + 1, 100 + i, 0, "r@a.example");
		(void)snprintf(want, sizeof want, "%s %zu;closed %zu/1;",
		    rows[i].want, i + 1, i + 1);
		assert_string_equal(hear("closed"), want);
		assert_string_equal(buf_cstr(&t.verdict), "|&big|because");
	}
	buf_free(&b);
}

/* RFC 3463's codes for each class. */
static void
test_codes(void **state)
{
	static const struct {
		enum attempt_error	error;
		enum attempt_dns	dns;
		bool			temporary;
		int			want[3];
	} rows[] = {
#define DNS(kind, temporary, ...)					\
	{ ATTEMPT_ERROR_DNS, ATTEMPT_DNS_##kind, temporary, { __VA_ARGS__ } }
		DNS(NXDOMAIN, false, 5, 1, 2), DNS(NXDOMAIN, true, 4, 3, 5),
		DNS(NODATA, false, 5, 1, 2), DNS(NODATA, true, 4, 3, 5),
		DNS(NULLMX, false, 5, 1, 10), DNS(NULLMX, true, 4, 3, 5),
		DNS(IPFAMILY, true, 4, 4, 4), DNS(EXCLUDED, true, 4, 4, 4),
		DNS(OTHER, true, 4, 4, 3), DNS(OTHER, false, 5, 1, 2),
#undef DNS
		{ ATTEMPT_ERROR_CONFIG, 0, false, { 5, 4, 6 } },
		{ ATTEMPT_ERROR_CONFIG, 0, true, { 4, 3, 5 } },
		{ ATTEMPT_ERROR_NETWORK, 0, true, { 4, 4, 1 } },
		{ ATTEMPT_ERROR_PROTOCOL, 0, true, { 4, 5, 0 } },
		{ ATTEMPT_ERROR_TLS, 0, true, { 4, 7, 5 } },
		{ ATTEMPT_ERROR_DANE, 0, true, { 4, 7, 5 } },
	};
	struct attempt	a;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		a = (struct attempt){ .error = rows[i].error,
		    .dns = rows[i].dns, .temporary = rows[i].temporary,
		    .connection = &attempt_no_connection };
		attempt_put_code(&a);
		assert_memory_equal(a.enhanced, rows[i].want,
		    sizeof a.enhanced);
	}
}

/* RFC 8689: by exchangers that DNSSEC vouches for, or not at all. */
static void
test_requiretls(void **state)
{
	struct nexthop	h = hop(10, "a.lab", "127.0.0.1", NULL);
	struct nexthops	n = { .ttl_s = 60, .hop = &h, .count = 1,
			    .secure = true };
	struct buf	b = BUF_INIT;

	(void)state;
	zone_set("dead.lab 60 A 127.0.0.2\na.lab 60 A 127.0.0.1\n");
	t.flags = ENTRY_REQUIRETLS;
	give_route(3, &h, 1);
	give_routed(1, 1, 3, 0, "r@a.example");
	assert_string_equal(hear("closed"), "bounce 1;closed 1/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict), "REQUIRETLS"));
	assert_int_equal(nexthops_put(&b, &n), 0);
	CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1, { .number = 4,
	    .hops = buf_str(&b) });
	give_routed(2, 2, 4, 0, "r@a.example");
	(void)hear("closed 2/1");
	assert_null(strstr(buf_cstr(&t.verdict), "REQUIRETLS"));
	/* Also when a row comes with another hop. */
	n.count = 2;
	n.hop = (struct nexthop[]){ hop(10, "dead.lab", "127.0.0.2", NULL),
	    h };
	buf_clear(&b);
	assert_int_equal(nexthops_put(&b, &n), 0);
	CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1, { .number = 5,
	    .hops = buf_str(&b) });
	give_row(6, "delivery d - -o pooling=no\n");
	give_routed(3, 3, 5, 0, "r@a.example");
	(void)hear("next");
	answer(3, 1, true, 6);
	assert_string_equal(hear("closed"), "defer 3;closed 3/1;");
	buf_free(&b);
}

/* ---- Rows ---------------------------------------------------------------- */

static void
test_rows(void **state)
{
	struct nexthop	h = hop(10, "a.lab", "127.0.0.1", NULL);

	(void)state;
	give_route(3, &h, 1);
	give_row(4, "delivery d - -o pooling=no\n");
	give_row(5, "delivery d - -o tls=require -o { retry = 2h }"
	    " -o jitter=0%\n");
	give_routed(1, 1, 3, 4, "r@a.example");
	assert_string_equal(hear("closed"), "done 1;closed 1/1;");
	/* Also without a route, and also if it is dropped meanwhile. */
	give_routed(2, 2, 0, 4, "slow@a.example");
	CHANNEL_SEND(t.channel, DELIVER_DROP, -1, { .number = 4 });
	assert_string_equal(hear("closed"), "done 2;closed 2/1;");
	give_routed(3, 3, 3, 5, "r@a.example");
	(void)hear("defer 3;closed 3/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict), "TLS"));
	assert_in_range(t.due_ms, 7200000, 7200000 + 30000);
	give_routed(4, 4, 3, 0, "r@a.example");
	(void)hear("done 4;rests 4/1;");
	/* The second hop has a row of its own. */
	give_two(6);
	give_routed(5, 5, 6, 0, "r@a.example");
	(void)hear("next");
	answer(5, 1, true, 5);
	(void)hear("defer 5;closed 5/1;");
	assert_non_null(strstr(buf_cstr(&t.verdict), "TLS"));
	assert_in_range(t.due_ms, 7200000, 7200000 + 30000);
}

/* ---- What no honest qmgr says -------------------------------------------- */

static void
bad(const char *name)
{
	print_message("%s\n", name);
	(void)hear("END");
	(void)hear("ready");
	assert_int_equal(jobs_all(), 0);
	give_all(1, "");
}

static void
test_bad(void **state)
{
	struct ipc_DELIVER_JOB	m;

	(void)state;
	give_routed(1, 1, 3, 0, "r@a.example");
	bad("a route that is not there");
	give_routed(1, 1, 0, 3, "r@a.example");
	bad("a row that is not there");
	give_two(3);
	give_routed(1, 1, 0, 3, "r@a.example");
	bad("a route as a row");
	give_two(3);
	m = job_frame(1, 1, 1);
	m.route = 3;
	m.hop = 2;
	give_job(&m, "r@a.example");
	bad("a hop beyond");
	m = job_frame(1, 1, 1);
	m.barred = 2;
	give_job(&m, "r@a.example");
	bad("barred twice");
	give_two(1);
	bad("a number twice");
	CHANNEL_SEND(t.channel, DELIVER_ROUTE, -1, { .number = 3,
	    .hops = STR("xx") });
	bad("no route");
	give_row(3, "delivery a - -o pooling=no\ndelivery b - -o jitter=1%\n");
	bad("two rows");
	give_row(3, "delivery a - -o max_age=1d\n");
	bad("a row of what it may not set");
	answer(1, 1, true, 9);
	bad("leave with a row that is not there");
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, desk_setup,	\
	desk_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_plan), cmocka_unit_test(test_codes),
		TEST(test_next), TEST(test_no_leave), TEST(test_asked_again),
		TEST(test_deadline), TEST(test_idle), TEST(test_fields),
		TEST(test_barred), TEST(test_nowhere),
		TEST(test_requiretls), TEST(test_rows), TEST(test_bad),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	log_open("test", LOG_TO_FD, open("/dev/null", O_WRONLY));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
