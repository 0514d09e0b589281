/* Connections: reuse, trying again, places and the line, deadlines, TLS. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "event/tls.h"
#include "support/certificate.h"
#include "sending.h"

#define OK		"250 2.0.0 EOD: Ok: queued"
#define RULES(...)	((const struct rule[]){ __VA_ARGS__, { .verb = NULL } })

/* ---- Reuse and trying again -------------------------------------------- */

/* FIN, or 421, while unused: noticed by the loop, or when it is taken. */
static void
test_idle_closed(void **state)
{
	static const char *const	words[] = { "", "421 4.3.2 Bye\r\n" };
	struct sending			*f = *state;
	size_t				 i;
	int				 settle, n = 0;

	for (i = 0; i < 2; i++)
		for (settle = 0; settle < 2; settle++) {
			assert_string_equal(sending_run(f), OK);
			n = f->script.connections;
			stream_write(f->script.conns[n - 1].stream, words[i],
			    strlen(words[i]));
			stream_flush(f->script.conns[n - 1].stream);
			if (i == 0)
				stream_free(&f->script.conns[n - 1].stream);
			if (settle)
				sending_settle(f, 15);
			assert_string_equal(sending_run(f), OK);
			assert_int_equal(f->script.connections, n + 1);
			assert_int_equal(f->rewinds, 0);
		}
	assert_int_equal(f->script.messages, 8);
}

/* A connection used before that fails in time: once more, on a new one. */
static void
test_retry(void **state)
{
	static const struct {
		const char	*ehlo, *verb, *reply, *want;
		int		 rewinds;
	} cases[] = {
		{ "", "MAIL", "!close", OK, 1 },
		{ "", "MAIL", "!reset", OK, 1 },
		{ "", "MAIL", "421 4.3.2 Bye\r\n", OK, 1 },
		{ "", "DATA", "!close", OK, 1 },
		{ "", "MAIL", "what\r\n", OK, 1 },
		{ "PIPELINING,CHUNKING", "DATA", "!close", OK, 1 },
		{ "", "MAIL", "450 4.3.2 No\r\n", "450 4.3.2 MAIL: No", 0 },
		{ "", "EOD", "!close",
		    "network temporary EOD: closed by peer", 0 },
		{ "", "EOD", "421 4.3.2 Bye\r\n", "421 4.3.2 EOD: Bye", 0 },
		{ "PIPELINING,CHUNKING", "EOD", "!close",
		    "network temporary EOD: closed by peer", 0 },
	};
	struct sending	*f = *state;
	size_t		 i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->rewinds = 0;
		f->script.ehlo = cases[i].ehlo;
		sending_message(f, STR("a\r\n"), 2);
		assert_string_equal(sending_run(f), OK);
		/* The first one goes by BDAT where it may. */
		f->script.rules = RULES({ cases[i].verb, cases[i].reply,
		    cases[i].ehlo[0] != '\0' ? 1 : 2, 1 });
		assert_string_equal(sending_run(f), cases[i].want);
		assert_int_equal(f->rewinds, cases[i].rewinds);
		assert_int_equal(f->script.messages, 1 + (cases[i].want ==
		    cases[0].want));
		assert_int_equal(f->script.connections, 1 +
		    cases[i].rewinds);
		sending_settle(f, 5);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* The second failure is told, not tried again. */
static void
test_retry_once(void **state)
{
	struct sending	*f = *state;

	assert_string_equal(sending_run(f), OK);
	f->script.rules = RULES({ "MAIL", "!close", 2, 1 },
	    { "MAIL", "!close", 1, 2 });
	assert_string_equal(sending_run(f),
	    "network temporary MAIL: closed by peer");
	assert_int_equal(f->script.connections, 2);
}

static void
test_not_shared(void **state)
{
	struct sending	*f = *state;

	assert_string_equal(sending_run(f), OK);
	f->req.backend.helo = STR("other");
	assert_string_equal(sending_run(f), OK);
	f->req.backend.tls = SEND_TLS_OPTIONAL;
	assert_string_equal(sending_run(f), OK);
	f->req.backend.host = STR("localhost");
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 4);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 4);
}

/* ---- Places, the line, limits ------------------------------------------ */

static void
restart_engine(struct sending *f, size_t connections, int64_t idle_ms,
    size_t transactions)
{
	struct send_trust	none = { .system = NULL };
	struct err		e;

	send_engine_free(&f->engine);
	f->limits = (struct send_limits){ .connections = connections,
	    .idle_ms = idle_ms, .transactions = transactions };
	f->engine = send_engine_new(f->loop, f->dns, &f->limits, &none, &e);
}

static void
test_limits(void **state)
{
	struct sending	*f = *state;
	int		 i;

	restart_engine(f, 10, 60000, 3);
	for (i = 0; i < 7; i++)
		assert_string_equal(sending_run(f), OK);
	sending_settle(f, 15);
	assert_int_equal(f->script.connections, 3);
	assert_non_null(strstr(script_log(&f->script), "QUIT;"));
	restart_engine(f, 10, 20, 1000);
	assert_string_equal(sending_run(f), OK);
	sending_settle(f, 60);
	assert_null(f->script.conns[3].stream);
	restart_engine(f, 10, 0, 1000);
	assert_string_equal(sending_run(f), OK);
	sending_settle(f, 15);
	assert_null(f->script.conns[4].stream);
}

/* Each send has its own message here; only the number of bytes counts. */
static void
test_line(void **state)
{
	static struct sending	 many[40];
	struct sending		*f = *state;
	int			 i;

	restart_engine(f, 3, 60000, 1000);
	for (i = 0; i < 40; i++) {
		many[i] = *f;
		many[i].req.body.arg = &many[i];
		many[i].rcpts[0] = f->rcpts[0];
		many[i].req.rcpts = many[i].rcpts;
		(void)send_start(f->engine, &many[i].req);
	}
	sending_wait(f, 40);
	assert_int_equal(f->script.messages, 40);
	assert_int_equal(f->script.connections, 3);
}

static void
test_line_deadline(void **state)
{
	struct sending	*f = *state;
	struct sending	 first = *f;

	restart_engine(f, 1, 60000, 1000);
	f->script.rules = RULES({ "EOD", "!hang", 1, 1 });
	first.req.body.arg = &first;
	first.req.rcpts = f->rcpts;
	(void)send_start(f->engine, &first.req);
	sending_settle(f, 15);
	f->req.deadline_ms = loop_now_ms(f->loop) + 50;
	assert_string_equal(sending_run(f), "network temporary : "
	    "deadline passed waiting for a connection");
	f->req.deadline_ms = 0;
	sending_start(f);
	sending_settle(f, 5);
	send_cancel(&f->send);
	sending_settle(f, 5);
	assert_int_equal(f->script.connections, 1);
}

/* At the limit, a connection that does not fit makes room. */
static void
test_make_room(void **state)
{
	struct sending	*f = *state;

	restart_engine(f, 1, 60000, 1000);
	assert_string_equal(sending_run(f), OK);
	f->req.backend.helo = STR("other");
	assert_string_equal(sending_run(f), OK);
	sending_settle(f, 15);
	assert_null(f->script.conns[0].stream);
	assert_int_equal(f->script.connections, 2);
}

/* ---- Time and presence ------------------------------------------------- */

static void
test_timeouts(void **state)
{
	static const struct {
		const char	*verb, *want;
	} cases[] = {
		{ "BANNER", "network temporary BANNER: 127.0.0.1: "
		    "timed out waiting for a reply" },
		{ "EHLO", "network temporary EHLO: 127.0.0.1: "
		    "timed out waiting for a reply" },
		{ "MAIL", "network temporary MAIL: "
		    "timed out waiting for a reply" },
		{ "RCPT", "network temporary RCPT: "
		    "timed out waiting for a reply" },
		{ "DATA", "network temporary DATA: "
		    "timed out waiting for a reply" },
		{ "EOD", "network temporary EOD: timed out waiting for the "
		    "reply to the end of the message" },
	};
	struct sending	*f = *state;
	size_t		 i;

	f->req.backend.command_ms = f->req.backend.end_ms = 40;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->script.rules = RULES({ cases[i].verb, "!hang", 0, 0 });
		assert_string_equal(sending_run(f), cases[i].want);
	}
}

/* The caller's deadline counts to the end, and not behind it. */
static void
test_deadline(void **state)
{
	struct sending	*f = *state;

	f->script.rules = RULES({ "RCPT", "!hang", 0, 1 });
	f->req.deadline_ms = loop_now_ms(f->loop) + 40;
	assert_string_equal(sending_run(f), "network temporary RCPT: "
	    "deadline passed before the end of the message");
	f->script.rules = RULES({ "EOD", "!hang", 0, 0 });
	f->req.backend.end_ms = 150;
	f->req.deadline_ms = loop_now_ms(f->loop) + 40;
	assert_string_equal(sending_run(f), "network temporary EOD: timed "
	    "out waiting for the reply to the end of the message");
	f->req.deadline_ms = loop_now_ms(f->loop) - 1;
	assert_string_equal(sending_run(f), "network temporary : "
	    "deadline passed before the end of the message");
}

/* The client is asked for just before the end; without it nothing ends. */
static void
test_absent(void **state)
{
	static const char *const	ehlos[] = { "", "PIPELINING",
					    "PIPELINING,CHUNKING" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 3; i++) {
		f->script.ehlo = ehlos[i];
		f->absent = true;
		sending_run(f);
		assert_non_null(strstr(buf_cstr(&f->result),
		    "the client left before the end was sent"));
		assert_int_equal(f->ends, 0);
		sending_settle(f, 15);
		assert_int_equal(f->script.messages, 0);
		f->absent = false;
		f->req.backend.helo = STR("other");
	}
}

static void
test_cancel(void **state)
{
	static const char *const	verbs[] = { "BANNER", "EHLO", "MAIL",
					    "RCPT", "DATA", "EOD" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 6; i++) {
		f->script.rules = RULES({ verbs[i], "!hang", 0, 0 });
		sending_start(f);
		sending_settle(f, 10);
		assert_int_equal(send_end_given(f->send), i == 5);
		send_cancel(&f->send);
		assert_null(f->send);
		sending_settle(f, 5);
		assert_null(f->script.conns[i].stream);
	}
	sending_start(f);
	send_cancel(&f->send);
	sending_settle(f, 5);
	assert_int_equal(f->done, 0);
}

/* ---- Addresses --------------------------------------------------------- */

static void
use_names(struct sending *f)
{
	f->limits.transactions = 1;
	sending_names(f, "two.lab A 127.0.0.2\ntwo.lab A 127.0.0.1\n"
	    "v6.lab TXT x\nnone.test TXT x\n");
}

/* What one address says before MAIL sends the message to the next. */
static void
test_next_address(void **state)
{
	static const struct rule	banner[] = {
		{ "BANNER", "554 5.3.2 No\r\n", 1, 1 }, { .verb = NULL } };
	static const struct rule	helo[] = {
		{ "EHLO", "554 5.3.2 No\r\n", 1, 1 },
		{ "HELO", "554 5.3.2 No\r\n", 1, 1 }, { .verb = NULL } };
	static const struct rule	busy[] = {
		{ "EHLO", "421 4.3.2 No\r\n", 1, 1 }, { .verb = NULL } };
	static const struct rule *const	all[] = { banner, helo, busy };
	struct sending			*f = *state;
	size_t				 i;

	use_names(f);
	f->req.backend.host = STR("two.lab");
	for (i = 0; i < 3; i++) {
		script_close(&f->script);
		script_open(&f->script, f->loop, "0.0.0.0");
		f->req.backend.port = f->script.port;
		f->script.rules = all[i];
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(f->script.connections, 2);
		assert_int_equal(f->tried, 1);
		f->tried = 0;
	}
}

/* The one that tells most is told: it is not always the last one. */
static void
test_most_telling(void **state)
{
	struct sending	*f = *state;
	int		 i;

	use_names(f);		/* nothing listens at 127.0.0.2 */
	f->req.backend.host = STR("two.lab");
	f->script.rules = RULES({ "BANNER", "554 5.3.2 No\r\n", 0, 0 });
	for (i = 0; i < 8; i++)
		assert_string_equal(sending_run(f),
		    "smtp temporary BANNER: 127.0.0.1: 554 5.3.2 No");
	assert_int_equal(f->code, 451);
	assert_int_equal(f->enhanced[1], 4);
	assert_int_equal(f->tried, 16);
	f->script.rules = NULL;
	f->req.backend.tls = SEND_TLS_REQUIRE;
	for (i = 0; i < 8; i++)
		assert_string_equal(sending_run(f),
		    "tls temporary EHLO: 127.0.0.1: TLS is not offered");
}

static void
test_names(void **state)
{
	struct sending	*f = *state;
	int		 i;

	use_names(f);
	f->req.backend.host = STR("two.lab");
	for (i = 0; i < 10; i++) {
		assert_string_equal(sending_run(f), OK);
		assert_true(str_eq(f->connection->remotemx, STR("two.lab")));
	}
	f->req.backend.host = STR("none.test");
	assert_string_equal(sending_run(f),
	    "dns/nodata temporary : DNS: none.test: no such record");
	f->req.backend.host = STR("nothing.invalid");
	assert_string_equal(sending_run(f),
	    "dns/nxdomain temporary : DNS: nothing.invalid: no such name");
	f->req.backend.host = STR("bad;name");
	assert_string_equal(sending_run(f),
	    "dns/other temporary : DNS: bad;name: not a domain name");
}

static void
test_refused(void **state)
{
	struct sending	*f = *state;

	f->req.backend.port = script_dead_port();
	assert_string_equal(sending_run(f), "network temporary : "
	    "127.0.0.1: Connection refused");
	assert_string_equal(f->connection->remoteip, "127.0.0.1");
}

/* ---- TLS --------------------------------------------------------------- */

static void
use_tls(struct sending *f)
{
	char		cert[] = "/tmp/test_cert.XXXXXX";
	char		key[] = "/tmp/test_key.XXXXXX";
	struct err	e;

	certificate_make(cert, key);
	f->script.tls = tls_server(cert, key, &e);
	(void)unlink(cert);
	(void)unlink(key);
	assert_non_null(f->script.tls);
	f->script.ehlo = "PIPELINING,STARTTLS";
	f->req.backend.tls = SEND_TLS_OPTIONAL;
}

static void
test_tls(void **state)
{
	struct sending	*f = *state;
	int		 i;

	use_tls(f);
	for (i = 0; i < 3; i++) {
		sending_message(f, STR(".a\r\nb\r\n"), (size_t)i + 1);
		assert_string_equal(sending_run(f), OK);
		assert_true(str_eq(buf_str(&f->script.body), f->message));
	}
	assert_true(f->connection->tls.started);
	assert_string_equal(f->connection->tls.protocol, "TLSv1.3");
	assert_true(f->connection->tls.keysize >= 128);
	assert_non_null(f->connection->tls.peer.cert);
	assert_int_equal(f->connection->tls.peer.count, 0);
	assert_int_not_equal(f->connection->tls.peer.error, 0);
	assert_null(f->connection->tls.tlsrpt);
	assert_int_equal(f->script.connections, 1);
	assert_int_equal(f->ends, 3);
	assert_non_null(strstr(script_log(&f->script),
	    "1;EHLO us;STARTTLS;EHLO us;MAIL"));
}

/* Records that the kernel takes in part, and dots in them. */
static void
test_tls_large(void **state)
{
	struct sending	*f = *state;
	struct buf	 b = BUF_INIT;
	int		 i;

	for (i = 0; b.len < 4000000; i++)
		buf_printf(&b, "%sline %d\r\n", i % 5 == 0 ? "." : "", i);
	use_tls(f);
	f->piece = 5000;
	f->req.backend.end_ms = 60000;
	timer_start(&f->limit, 60000);
	for (i = 0; i < 2; i++) {
		sending_message(f, buf_str(&b), 2);
		assert_string_equal(sending_run(f), OK);
		assert_true(str_eq(buf_str(&f->script.body), f->message));
		f->script.ehlo = "PIPELINING,STARTTLS,CHUNKING";
		f->req.backend.helo = STR("other");
	}
	assert_int_equal(f->ends, 2);
	buf_free(&b);
}

static void
test_tls_optional(void **state)
{
	struct sending	*f = *state;

	use_tls(f);
	f->script.ehlo = "PIPELINING";		/* not offered */
	assert_string_equal(sending_run(f), OK);
	assert_true(f->connection->tls.tried);
	assert_string_equal(f->connection->tls.tlsrpt,
	    "starttls-not-supported");
	f->script.ehlo = "STARTTLS";
	f->req.backend.helo = STR("b");		/* offered, then refused */
	f->script.rules = RULES({ "STARTTLS", "454 4.7.0 No\r\n", 0, 2 });
	assert_string_equal(sending_run(f), OK);
	assert_false(f->connection->tls.started);
	f->req.backend.helo = STR("c");		/* agreed, then no TLS */
	f->script.rules = RULES({ "STARTTLS", "220 Go\r\n!close", 0, 3 });
	assert_string_equal(sending_run(f), OK);
	assert_false(f->connection->tls.started);
	assert_true(f->connection->tls.tried);
	assert_string_equal(f->connection->tls.tlsrpt, "validation-failure");
	assert_int_equal(f->script.connections, 4);
	f->req.backend.tls = SEND_TLS_DISABLED;
	assert_string_equal(sending_run(f), OK);
	assert_false(f->connection->tls.started);
}

/* Bytes in clear behind the 220 are an attack, not a failure to fall from. */
static void
test_tls_injection(void **state)
{
	struct sending	*f = *state;

	use_tls(f);
	f->script.rules = RULES({ "STARTTLS",
	    "220 Go\r\n250-evil\r\n250 X\r\n", 0, 0 });
	assert_string_equal(sending_run(f), "protocol temporary STARTTLS: "
	    "127.0.0.1: bytes in clear behind the reply to STARTTLS");
	assert_int_equal(f->script.messages, 0);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_idle_closed), TEST(test_retry),
		TEST(test_retry_once), TEST(test_not_shared),
		TEST(test_limits), TEST(test_line), TEST(test_line_deadline),
		TEST(test_make_room), TEST(test_timeouts),
		TEST(test_deadline), TEST(test_absent), TEST(test_cancel),
		TEST(test_names), TEST(test_next_address),
		TEST(test_most_telling), TEST(test_refused), TEST(test_tls),
		TEST(test_tls_large),
		TEST(test_tls_optional), TEST(test_tls_injection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
