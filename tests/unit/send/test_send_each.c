/* Each recipient for itself, over connections: SMTP and LMTP, and what is lost
 * in the middle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sending.h"

#define OK		"250 2.0.0 EOD: Ok: queued"
#define RULES(...)	((const struct rule[]){ __VA_ARGS__, { .verb = NULL } })

static void
use(struct sending *f, const char *ehlo, size_t rcpts, bool lmtp)
{
	f->script.ehlo = ehlo;
	f->req.each = true;
	f->req.backend.lmtp = lmtp;
	sending_message(f, STR("Subject: t\r\n\r\n.hi\r\n"), rcpts);
}

static const char *
told(struct sending *f)
{
	(void)sending_run(f);
	return buf_cstr(&f->each);
}

/* The accepted ones have the message, and the connection is used again. */
static void
test_partly(void **state)
{
	static const char *const	ehlos[] = { "", "PIPELINING",
					    "PIPELINING,CHUNKING" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 3; i++) {
		use(f, ehlos[i], 3, false);
		f->req.backend.helo = str_of(i == 0 ? "a" : i == 1 ? "b" :
		    "c");
		f->script.rules = RULES(
		    { "RCPT", "452 4.5.3 Many\r\n", 2, (int)i + 1 });
		assert_string_equal(told(f), "250@EOD 452@RCPT 250@EOD ");
		assert_true(str_eq(buf_str(&f->script.body), f->message));
		f->script.rules = NULL;
		assert_string_equal(told(f), "250@EOD 250@EOD 250@EOD ");
		assert_int_equal(f->script.connections, (int)i + 1);
		assert_int_equal(f->transactions, 2);
	}
}

/* 354 after all were refused: closed, and the dot never leaves. */
static void
test_none(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 2, false);
	f->script.rules = RULES({ "RCPT", "550 5.1.1 No\r\n", 0, 0 },
	    { "DATA", "354 Go\r\n", 0, 0 });
	assert_string_equal(told(f), "550@RCPT 550@RCPT ");
	sending_settle(f, 30);
	assert_int_equal(f->script.messages, 0);
	assert_int_equal(f->ends, 0);
	assert_null(f->script.conns[0].stream);
}

static void
test_lmtp(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 3, true);
	assert_string_equal(told(f), "250@EOD 250@EOD 250@EOD ");
	assert_non_null(strstr(script_log(&f->script), "1;LHLO us;"));
	f->script.rules = RULES({ "RCPT", "550 5.1.1 No\r\n", 4, 1 },
	    { "EOD", "250 2.0.0 Ok\r\n452 4.2.2 Full\r\n", 2, 1 });
	assert_string_equal(told(f), "550@RCPT 250@EOD 452@EOD ");
	f->script.rules = NULL;
	sending_settle(f, 15);
	assert_string_equal(told(f), "250@EOD 250@EOD 250@EOD ");
	assert_int_equal(f->script.connections, 1);
	f->req.each = false;
	assert_string_equal(sending_run(f), "config temporary : "
	    "LMTP has no reply for all recipients");
}

/* Lost after the end: those without a reply are told to come again, and the
 * message is not sent twice. */
static void
test_lmtp_lost(void **state)
{
	static const struct {
		const char	*end, *want;
	} cases[] = {
		{ "250 2.0.0 Ok\r\n!close", "250@EOD network network " },
		{ "250 2.0.0 Ok\r\n!reset", "250@EOD network network " },
		{ "250 2.0.0 Ok\r\n250-2.0.0 Ok\r\n!close",
		    "250@EOD 250@EOD protocol " },
		{ "250 2.0.0 Ok\r\nwhat\r\n", "250@EOD protocol protocol " },
		{ "250 2.0.0 Ok\r\n!hang", "250@EOD network network " },
		{ "250 2.0.0 Ok\r\n421 4.3.2 Bye\r\n!close",
		    "250@EOD 421@EOD 421@EOD " },
		{ "!close", "network network network " },
	};
	struct sending	*f = *state;
	size_t		 i;

	use(f, "PIPELINING", 3, true);
	f->req.backend.end_ms = 60;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->script.rules = NULL;		/* so that it is a used one */
		assert_string_equal(told(f), "250@EOD 250@EOD 250@EOD ");
		f->script.rules = RULES({ "EOD", cases[i].end, 0, 0 });
		assert_string_equal(told(f), cases[i].want);
		assert_int_equal(f->rewinds, 0);
		sending_settle(f, 5);
	}
}

/* Lost before the end, over a connection used before: all is said again, and
 * what was said the first time is forgotten. */
static void
test_again(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 2, false);
	assert_string_equal(told(f), "250@EOD 250@EOD ");
	f->script.rules = RULES({ "RCPT", "550 5.1.1 No\r\n", 3, 1 },
	    { "DATA", "!close", 2, 1 });
	assert_string_equal(told(f), "250@EOD 250@EOD ");
	assert_int_equal(f->rewinds, 1);
	assert_int_equal(f->script.messages, 2);
	f->script.rules = RULES({ "RCPT", "550 5.1.1 No\r\n", 3, 2 },
	    { "DATA", "!close", 2, 2 }, { "BANNER", "421 No\r\n", 1, 3 });
	assert_string_equal(told(f), "smtp smtp ");
}

/* The recipients' replies over LMTP come slowly: each has its own time. */
static void
test_lmtp_slow(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 3, true);
	f->script.rules = RULES({ "EOD", "250 2.0.0 Ok\r\n", 0, 0 });
	f->req.backend.end_ms = 2000;
	sending_start(f);
	sending_settle(f, 1200);
	stream_write(f->script.conns[0].stream, "450 4.2.0 No\r\n", 14);
	sending_settle(f, 1200);
	stream_write(f->script.conns[0].stream, "250 2.0.0 Ok\r\n", 14);
	sending_wait(f, 1);
	assert_string_equal(buf_cstr(&f->each), "250@EOD 450@EOD 250@EOD ");
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_partly), TEST(test_none), TEST(test_lmtp),
		TEST(test_lmtp_lost), TEST(test_again), TEST(test_lmtp_slow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
