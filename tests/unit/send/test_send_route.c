/*
 * Where a message goes: candidates, exchangers of a domain; and leave to open
 * connections that is granted from outside.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sending.h"

#define OK		"250 2.0.0 EOD: Ok: queued"
#define RULES(...)	((const struct rule[]){ __VA_ARGS__, { .verb = NULL } })

/* ---- Candidates -------------------------------------------------------- */

static struct send_candidate
candidate(const char *name, const char *ip, uint16_t port)
{
	struct send_candidate	c = { .host = str_of(name), .port = port };

	if (ip != NULL)
		assert_int_equal(netaddr_parse_ip(&c.address, str_of(ip), 0),
		    0);
	return c;
}

/* In order, each with its own port, source and HELO name. */
static void
test_candidates(void **state)
{
	struct sending		*f = *state;
	struct send_candidate	 c[3];

	c[0] = candidate("dead.lab", "127.0.0.1", script_dead_port());
	c[1] = candidate("one.lab", "127.0.0.1", f->script.port);
	c[2] = candidate("two.lab", "127.0.0.1", f->script.port);
	assert_int_equal(netaddr_parse_ip(&c[1].source, STR("127.0.0.5"), 0),
	    0);
	c[1].source_id = STR("five");
	c[1].helo = STR("five.lab");
	f->req.candidates = c;
	f->req.candidate_count = 3;
	f->script.rules = RULES({ "BANNER", "554 5.3.2 No\r\n", 1, 1 });
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->tried, 2);
	assert_true(str_eq(f->connection->remotemx, STR("two.lab")));
	assert_true(str_eq(f->connection->helo, STR("us")));
	assert_int_equal(f->connection->remoteport, f->script.port);
	assert_int_equal(f->connection->localipid.len, 0);
	f->req.candidate_count = 2;
	assert_string_equal(sending_run(f), OK);
	assert_true(str_eq(f->connection->localipid, STR("five")));
	assert_string_equal(f->connection->localip, "127.0.0.5");
	assert_non_null(strstr(script_log(&f->script), "EHLO five.lab;"));
	assert_int_equal(f->connection->greeting.code, 220);
	f->req.candidates = &c[1];	/* both have an idle one */
	f->req.candidate_count = 1;
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 2);
	f->req.candidates = &c[2];
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 2);
	assert_int_equal(f->script.connections, 3);
}

/* A socket with a path, as of a mail store that speaks LMTP. */
static void
test_candidate_unix(void **state)
{
	struct sending		*f = *state;
	struct send_candidate	 c = { .host = STR("store") };
	char			 path[64];

	(void)snprintf(path, sizeof path, "/tmp/test_send.%ld",
	    (long)getpid());
	script_close(&f->script);
	script_open(&f->script, f->loop, path);
	assert_int_equal(netaddr_unix(&c.address, path, NULL), 0);
	assert_int_equal(netaddr_parse_ip(&f->req.backend.source4,
	    STR("127.0.0.5"), 0), 0);
	f->req.candidates = &c;
	f->req.candidate_count = 1;
	f->req.backend.lmtp = true;
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->transactions, 2);
	assert_string_equal(f->connection->remoteip, path);
	(void)unlink(path);
	assert_string_equal(sending_run(f), OK);
	f->req.backend.helo = STR("again");
	(void)sending_run(f);
	assert_non_null(strstr(buf_cstr(&f->result), "network temporary"));
}

/* A name among them is looked up when its turn comes. */
static void
test_candidate_names(void **state)
{
	struct sending		*f = *state;
	struct send_candidate	 c[2];

	sending_names(f, "one.lab A 127.0.0.1\n");
	c[0] = candidate("nothing.invalid", NULL, 0);
	c[1] = candidate("one.lab", NULL, 0);
	f->req.candidates = c;
	f->req.candidate_count = 2;
	assert_string_equal(sending_run(f), OK);
	assert_true(str_eq(f->connection->remotemx, STR("one.lab")));
	f->req.candidate_count = 1;
	assert_string_equal(sending_run(f), "dns/nxdomain temporary : "
	    "DNS: nothing.invalid: no such name");
}

/* What one attempt tries is bounded: addresses, and sessions that begin. */
static void
test_limits(void **state)
{
	static const struct rule	busy[] = {
					    { "BANNER", "421 4.3.2 Busy\r\n",
					    0, 0 }, { .verb = NULL } };
	struct sending			*f = *state;
	struct send_candidate		 c[3];
	size_t				 i;

	for (i = 0; i < 3; i++)
		c[i] = candidate("127.0.0.2", "127.0.0.2", 1);
	f->req.candidates = c;
	f->req.candidate_count = 3;
	(void)sending_run(f);
	assert_int_equal(f->tried, 3);
	f->req.address_limit = 2;
	f->req.session_limit = 1;
	(void)sending_run(f);
	assert_int_equal(f->tried, 5);
	for (i = 0; i < 3; i++)
		c[i] = candidate("127.0.0.1", "127.0.0.1", 0);
	f->req.address_limit = 3;
	f->script.rules = busy;
	(void)sending_run(f);
	assert_int_equal(f->tried, 6);
}

/* ---- Exchangers -------------------------------------------------------- */

#define RECORDS	"d.lab MX 20 one.lab\nd.lab MX 10 gone.lab\n"		\
	"d.lab MX 10 dead.lab\ndead.lab A 127.0.0.2\n"			\
	"one.lab A 127.0.0.1\nnull.lab MX 0 .\nbare.lab A 127.0.0.1\n"	\
	"gone.lab TXT x\nnone.lab TXT x\n"				\
	"mixed.lab MX 0 .\nmixed.lab MX 5 one.lab\n"			\
	"odd.lab MX 0 .\nodd.lab MX 5 .\n"

static void
test_mx(void **state)
{
	static const struct {
		const char	*domain, *want;
		int		 tried;
	} cases[] = {
		/* The better ones have no address, or do not answer. */
		{ "d.lab", OK, 1 },
		{ "bare.lab", OK, 0 },		/* it is its own exchanger */
		{ "null.lab", "dns/nullmx permanent : DNS: null.lab: "
		    "the domain takes no mail", 0 },
		{ "mixed.lab", OK, 0 },
		{ "odd.lab", "dns/other temporary : DNS: odd.lab: "
		    "no MX record can be used", 0 },
		{ "none.lab", "dns/nodata permanent : DNS: none.lab: "
		    "no such record", 0 },
		{ "not.invalid", "dns/nxdomain permanent : DNS: "
		    "not.invalid: no such name", 0 },
		{ "bad;name", "dns/other permanent : DNS: bad;name: "
		    "not a domain name", 0 },
	};
	struct sending	*f = *state;
	size_t		 i;

	sending_names(f, RECORDS);
	f->req.lookup_mx = true;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->tried = 0;
		f->req.backend.host = str_of(cases[i].domain);
		assert_string_equal(sending_run(f), cases[i].want);
		assert_int_equal(f->tried, cases[i].tried);
	}
	f->req.backend.host = STR("d.lab");
	f->script.rules = RULES({ "BANNER", "421 4.3.2 No\r\n", 0, 0 });
	f->req.backend.helo = STR("again");
	assert_string_equal(sending_run(f),
	    "smtp temporary BANNER: 127.0.0.1: 421 4.3.2 No");
}

/* Exchangers of one preference take turns. */
static void
test_mx_shuffle(void **state)
{
	struct sending	*f = *state;
	int		 i, first = 0;

	f->limits.transactions = 1;
	sending_names(f, "e.lab MX 5 a.lab\ne.lab MX 5 b.lab\n"
	    "a.lab A 127.0.0.1\nb.lab A 127.0.0.1\n");
	f->req.lookup_mx = true;
	f->req.backend.host = STR("e.lab");
	for (i = 0; i < 40; i++) {
		assert_string_equal(sending_run(f), OK);
		first += str_eq(f->connection->remotemx, STR("a.lab"));
	}
	assert_true(first > 0 && first < 40);
}

/* ---- Grants from outside ----------------------------------------------- */

struct outside {
	struct sending		*f;
	struct buf		 log;
	const char		*answers;	/* y, n, l; the last repeats */
	struct grant		*asked, *idle;
};

static enum grant_answer
outside_ask(void *arg, struct grant *g)
{
	struct outside	*o = arg;
	char		 text[NETADDR_TEXT] = "-", a = *o->answers;

	if (g->to.len != 0)
		(void)netaddr_ip(&g->to, text, sizeof text);
	buf_printf(&o->log, "?%s;", text);
	if (o->answers[1] != '\0')
		o->answers++;
	if (a == 'l')
		o->asked = g;
	return a == 'y' ? GRANT_YES : a == 'n' ? GRANT_NO : GRANT_LATER;
}

static void
outside_told(void *arg, struct grant *g, enum grant_event ev)
{
	static const char *const	names[] = { "dropped", "opened",
					    "rests", "used", "back", "leaves",
					    "closed" };
	struct outside			*o = arg;

	buf_printf(&o->log, "%s;", names[ev]);
	o->idle = ev == GRANT_RESTS ? g : NULL;
}

static void
outside_begin(struct outside *o, struct sending *f, const char *answers)
{
	*o = (struct outside){ .f = f, .log = BUF_INIT, .answers = answers };
	send_engine_set_granter(f->engine, &(struct granter){
	    .ask = outside_ask, .told = outside_told, .arg = o });
}

static const char *
outside_log(struct outside *o)
{
	static char	text[512];

	(void)strlcpy(text, buf_cstr(&o->log), sizeof text);
	buf_clear(&o->log);
	return text;
}

static void
outside_end(struct outside *o)
{
	send_engine_free(&o->f->engine);
	buf_free(&o->log);
}

static void
test_granted(void **state)
{
	struct sending	*f = *state;
	struct outside	 o;

	outside_begin(&o, f, "y");
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(outside_log(&o), "?-;?127.0.0.1;opened;rests;");
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(outside_log(&o), "used;rests;");
	grant_evict(o.idle);		/* an order from outside */
	sending_settle(f, 15);
	assert_string_equal(outside_log(&o), "leaves;closed;");
	assert_null(f->script.conns[0].stream);
	outside_end(&o);
}

static void
test_granted_later(void **state)
{
	struct sending	*f = *state;
	struct outside	 o;

	outside_begin(&o, f, "yly");
	sending_start(f);
	sending_settle(f, 15);
	assert_string_equal(outside_log(&o), "?-;?127.0.0.1;");
	grant_answer(o.asked, true);
	sending_wait(f, 1);
	assert_string_equal(outside_log(&o), "opened;rests;");
	f->req.backend.helo = STR("b");
	o.answers = "l";
	f->req.deadline_ms = loop_now_ms(f->loop) + 40;
	assert_string_equal(sending_run(f), "network temporary : "
	    "deadline passed waiting for a connection");
	assert_string_equal(outside_log(&o), "?-;dropped;");
	f->req.deadline_ms = 0;
	sending_start(f);
	sending_settle(f, 5);
	grant_answer(o.asked, false);
	assert_null(f->send);
	assert_non_null(strstr(buf_cstr(&f->result),
	    "network temporary : no connection is granted"));
	outside_end(&o);
}

/* Refused for one, granted for the next; one that fails hands it on. */
static void
test_granted_some(void **state)
{
	struct sending		*f = *state;
	struct send_candidate	 c[3];
	struct outside		 o;

	c[0] = candidate("a.lab", "127.0.0.3", 0);
	c[1] = candidate("b.lab", "127.0.0.2", 0);
	c[2] = candidate("c.lab", "127.0.0.1", 0);
	f->req.candidates = c;
	f->req.candidate_count = 3;
	outside_begin(&o, f, "ny");
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(outside_log(&o), "?127.0.0.3;?127.0.0.2;opened;"
	    "back;?127.0.0.1;opened;rests;");
	assert_int_equal(f->tried, 2);
	f->req.backend.helo = STR("b");
	o.answers = "n";
	assert_string_equal(sending_run(f),
	    "network temporary : no connection is granted");
	assert_string_equal(outside_log(&o),
	    "?127.0.0.3;?127.0.0.2;?127.0.0.1;");
	outside_end(&o);
}

/* While it waits, a connection becomes idle: that will do. */
static void
test_granted_reuse(void **state)
{
	struct sending	*f = *state;
	struct sending	 other = *f;
	struct outside	 o;

	outside_begin(&o, f, "yly");
	other.req.body.arg = &other;
	other.req.rcpts = f->rcpts;
	sending_start(f);
	(void)send_start(f->engine, &other.req);
	f->wanted = f->done + 1;
	assert_int_equal(loop_run(f->loop), 0);
	assert_non_null(o.idle);
	assert_true(grant_reuse(o.asked));
	f->wanted = f->done + 1;
	assert_int_equal(loop_run(f->loop), 0);
	assert_string_equal(outside_log(&o),
	    "?-;?-;?127.0.0.1;opened;rests;used;dropped;rests;");
	assert_int_equal(f->script.connections, 1);
	outside_end(&o);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_candidates), TEST(test_candidate_names),
		TEST(test_candidate_unix), TEST(test_limits),
		TEST(test_mx), TEST(test_mx_shuffle), TEST(test_granted),
		TEST(test_granted_later), TEST(test_granted_some),
		TEST(test_granted_reuse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
