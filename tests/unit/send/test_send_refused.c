/*
 * Refusals: all or none.  Partial refusal by each of {DATA, BDAT} and by
 * what the backend says to the command behind it; then everything a backend
 * may say at the wrong time.
 */
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
#define NO_MESSAGE(f)	assert_int_equal((f)->script.messages, 0)

static void
use(struct sending *f, const char *ehlo, size_t rcpts,
    const struct rule *rules)
{
	f->script.ehlo = ehlo;
	f->script.rules = rules;
	sending_message(f, STR("Subject: t\r\n\r\nhi\r\n"), rcpts);
}

#define RULES(...)	((const struct rule[]){ __VA_ARGS__, { .verb = NULL } })

/* One of three refused: DATA never leaves; RSET, and the next one goes. */
static void
test_partial_data(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 3, RULES({ "RCPT", "550 5.1.1 No\r\n", 2, 0 }));
	assert_string_equal(sending_run(f), "550 5.1.1 RCPT: No");
	sending_settle(f, 30);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;RCPT TO:<r2@x>;RCPT TO:<r3@x>;"
	    "RSET;");
	NO_MESSAGE(f);
	assert_int_equal(f->ends, 0);
	assert_int_equal(f->present_asked, 0);
	f->script.rules = NULL;
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 1);
}

/* BDAT n is out; 250 or 503 to it, the end never follows. */
static void
test_partial_bdat(void **state)
{
	static const char *const	replies[] = { "250 Ok\r\n",
					    "503 5.5.1 No\r\n" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 2; i++) {
		use(f, "PIPELINING,CHUNKING", 2, RULES(
		    { "RCPT", "450 4.2.1 Later\r\n", 1, 0 },
		    { "BDAT", replies[i], 0, 0 }));
		assert_string_equal(sending_run(f), "450 4.2.1 RCPT: Later");
		sending_settle(f, 30);
		assert_non_null(strstr(script_log(&f->script),
		    "BDAT 18;RSET;"));
		NO_MESSAGE(f);
		assert_int_equal(f->ends, 0);
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(f->script.connections, 1);
		f->ends = 0;
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* The only recipient refused, DATA behind it: 354 means close, no dot. */
static void
test_refused_354(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 1, RULES({ "RCPT", "550 5.1.1 No\r\n", 0, 1 }));
	assert_string_equal(sending_run(f), "550 5.1.1 RCPT: No");
	sending_settle(f, 30);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;DATA;");
	assert_null(f->script.conns[0].stream);
	assert_int_equal(f->script.conns[0].message.len, 0);
	NO_MESSAGE(f);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 2);
}

static void
test_refused_503(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING", 1, RULES({ "RCPT", "550 5.1.1 No\r\n", 1, 0 },
	    { "DATA", "503 5.5.1 No recipients\r\n", 1, 0 }));
	assert_string_equal(sending_run(f), "550 5.1.1 RCPT: No");
	sending_settle(f, 30);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;DATA;RSET;");
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 1);
}

static void
test_refused_last(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING,CHUNKING", 1, RULES(
	    { "RCPT", "550 5.1.1 No\r\n", 1, 0 },
	    { "LAST", "503 5.5.1 No recipients\r\n", 1, 0 }));
	assert_string_equal(sending_run(f), "550 5.1.1 RCPT: No");
	sending_settle(f, 30);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;BDAT 18 LAST;RSET;");
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 1);
}

/* A temporary refusal wins, the first of its kind, pipelined or not. */
static void
test_which_reply(void **state)
{
	static const char *const	ehlos[] = { "", "PIPELINING" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 2; i++) {
		use(f, ehlos[i], 4, RULES({ "RCPT", "550 5.1.1 a\r\n", 1, 1 },
		    { "RCPT", "450 4.2.1 b\r\n", 2, 1 },
		    { "RCPT", "452 4.2.2 c\r\n", 4, 1 }));
		assert_string_equal(sending_run(f), "450 4.2.1 RCPT: b");
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
		use(f, ehlos[i], 2, RULES({ "RCPT", "550 5.1.1 a\r\n", 1, 0 },
		    { "RCPT", "551 5.1.6 b\r\n", 2, 0 }));
		assert_string_equal(sending_run(f), "550 5.1.1 RCPT: a");
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* One reply at one place: the result, and what becomes of the connection. */
static const struct row {
	const char	*ehlo;
	size_t		 rcpts;
	struct rule	 rule;
	const char	*want;
	bool		 reused;	/* the connection, afterwards */
} rows[] = {
	{ "", 1, { "BANNER", "554 5.3.2 No\r\n", 1, 1 },
	    "smtp temporary BANNER: 127.0.0.1: 554 5.3.2 No", 0 },
	{ "", 1, { "BANNER", "421 4.3.2 Busy\r\n", 1, 1 },
	    "smtp temporary BANNER: 127.0.0.1: 421 4.3.2 Busy", 0 },
	{ "", 1, { "BANNER", "hello\r\n", 1, 1 },
	    "protocol temporary BANNER: 127.0.0.1: not an SMTP reply", 0 },
	{ "", 1, { "BANNER", "250 what\r\n", 1, 1 },
	    "protocol temporary BANNER: 127.0.0.1: unexpected reply", 0 },
	{ "", 1, { "BANNER", "220 a\r\n250 b\r\n", 1, 1 },
	    "protocol temporary BANNER: 127.0.0.1: more replies than commands",
	    0 },
	{ "", 1, { "BANNER", "!close", 1, 1 },
	    "network temporary BANNER: 127.0.0.1: closed by peer", 0 },
	{ "", 1, { "EHLO", "421 4.3.2 Busy\r\n", 1, 1 },
	    "smtp temporary EHLO: 127.0.0.1: 421 4.3.2 Busy", 0 },
	{ "", 1, { "EHLO", "250-a\r\n250 b\r\n250 c\r\n", 1, 1 },
	    "protocol temporary EHLO: 127.0.0.1: more replies than commands",
	    0 },
	{ "", 1, { "MAIL", "451 4.3.0 No\r\n", 1, 0 },
	    "451 4.3.0 MAIL: No", 1 },
	{ "PIPELINING", 2, { "MAIL", "550 5.7.1 No\r\n", 1, 0 },
	    "550 5.7.1 MAIL: No", 1 },
	{ "", 1, { "MAIL", "354 No\r\n", 1, 0 },
	    "protocol temporary MAIL: unexpected reply", 0 },
	{ "", 1, { "MAIL", "250 Ok\r\n250 Ok\r\n", 1, 0 },
	    "protocol temporary MAIL: more replies than commands", 0 },
	{ "", 1, { "MAIL", "421 4.3.2 Bye\r\n!close", 1, 0 },
	    "421 4.3.2 MAIL: Bye", 0 },
	{ "", 1, { "MAIL", "!close", 1, 0 },
	    "network temporary MAIL: closed by peer", 0 },
	{ "", 1, { "MAIL", "!reset", 1, 0 },
	    "network temporary MAIL: Connection reset by peer", 0 },
	{ "", 1, { "MAIL", "\x16\x03\xff\x80\r\n", 1, 0 },
	    "protocol temporary MAIL: not an SMTP reply", 0 },
	{ "", 1, { "MAIL", "250 \xff\x01\x7f\r\n", 1, 0 }, OK, 1 },
	{ "", 2, { "RCPT", "421 4.3.2 Bye\r\n", 2, 0 },
	    "421 4.3.2 RCPT: Bye", 0 },
	{ "PIPELINING", 2, { "RCPT", "421 4.3.2 Bye\r\n", 1, 0 },
	    "421 4.3.2 RCPT: Bye", 0 },
	{ "", 1, { "RCPT", "251 2.1.5 Elsewhere\r\n", 1, 0 }, OK, 1 },
	{ "", 1, { "DATA", "451 4.3.0 No\r\n", 1, 0 },
	    "451 4.3.0 DATA: No", 1 },
	{ "PIPELINING", 1, { "DATA", "554 5.5.1 No\r\n", 1, 0 },
	    "554 5.5.1 DATA: No", 1 },
	{ "", 1, { "DATA", "250 What\r\n", 1, 0 },
	    "protocol temporary DATA: unexpected reply", 0 },
	{ "", 1, { "DATA", "355 What\r\n", 1, 0 },
	    "protocol temporary DATA: unexpected reply", 0 },
	{ "", 1, { "DATA", "354 Go\r\n250 Ok\r\n", 1, 0 },
	    "protocol temporary DATA: more replies than commands", 0 },
	{ "", 1, { "DATA", "421 4.3.2 Bye\r\n", 1, 0 },
	    "421 4.3.2 DATA: Bye", 0 },
	{ "PIPELINING,CHUNKING", 2, { "BDAT", "452 4.3.1 Full\r\n", 1, 0 },
	    "452 4.3.1 BDAT: Full", 1 },
	{ "PIPELINING,CHUNKING", 2, { "BDAT", "354 Go\r\n", 1, 0 },
	    "protocol temporary BDAT: unexpected reply", 0 },
	{ "PIPELINING,CHUNKING", 2, { "BDAT", "250 Ok\r\n250 Ok\r\n", 1, 0 },
	    "protocol temporary BDAT: more replies than commands", 0 },
	{ "PIPELINING,CHUNKING", 1, { "LAST", "550 5.7.1 Spam\r\n", 1, 0 },
	    "550 5.7.1 EOD: Spam", 1 },
	{ "", 1, { "EOD", "550 5.7.1 Spam\r\n", 1, 0 },
	    "550 5.7.1 EOD: Spam", 1 },
	{ "", 1, { "EOD", "421 4.3.2 Bye\r\n", 1, 0 },
	    "421 4.3.2 EOD: Bye", 0 },
	{ "", 1, { "EOD", "250 2.0.0 Ok: queued\r\n421 4.3.2 Bye\r\n!close",
	    1, 0 }, OK, 0 },
	{ "", 1, { "EOD", "250 2.0.0 Ok: queued\r\n!close", 1, 0 }, OK, 0 },
	{ "", 1, { "EOD", "250-2.0.0 one\r\n250 2.0.0 two\r\n", 1, 0 },
	    "250 2.0.0 EOD: one two", 1 },
	{ "", 1, { "EOD", "!close", 1, 0 },
	    "network temporary EOD: closed by peer", 0 },
	{ "", 1, { "EOD", "!reset", 1, 0 },
	    "network temporary EOD: Connection reset by peer", 0 },
	{ "", 1, { "EOD", "what?\r\n", 1, 0 },
	    "protocol temporary EOD: not an SMTP reply", 0 },
	{ "", 1, { "EOD", "354 more\r\n", 1, 0 },
	    "protocol temporary EOD: unexpected reply", 0 },
	{ "", 1, { "EOD", "250 ok\n", 1, 0 },
	    "protocol temporary EOD: reply line ends in a bare LF", 0 },
	{ "", 1, { "EOD", "250-a\r\n550 b\r\n", 1, 0 },
	    "protocol temporary EOD: two codes in one reply", 0 },
	{ "PIPELINING,CHUNKING", 1, { "LAST", "!close", 1, 0 },
	    "network temporary EOD: closed by peer", 0 },
	{ "PIPELINING,CHUNKING", 1, { "MAIL", "!close", 1, 0 },
	    "network temporary EOD: ", 0 },
};

static void
test_rows(void **state)
{
	struct sending	*f = *state;
	struct rule	 rules[2] = { { .verb = NULL }, { .verb = NULL } };
	const char	*got;
	size_t		 i;

	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		rules[0] = rows[i].rule;
		use(f, rows[i].ehlo, rows[i].rcpts, rules);
		got = sending_run(f);
		if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
			fail_msg("row %zu: %s", i, got);
		rules[0].verb = NULL;
		sending_settle(f, 15);
		assert_string_equal(sending_run(f), OK);
		if (f->script.connections != 2 - rows[i].reused)
			fail_msg("row %zu: %d connections", i,
			    f->script.connections);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* Cleaning up goes wrong: the result stands, the connection is not used. */
static void
test_reset(void **state)
{
	static const struct rule	resets[] = {
		{ "RSET", "500 5.5.1 What\r\n", 1, 1 },
		{ "RSET", "421 4.3.2 Bye\r\n", 1, 1 },
		{ "RSET", "250 Ok\r\n250 Ok\r\n", 1, 1 },
		{ "RSET", "what\r\n", 1, 1 },
		{ "RSET", "!close", 1, 1 },
		{ "RSET", "!hang", 1, 1 },
		{ "DATA", "421 4.3.2 Bye\r\n", 1, 1 },
		{ "DATA", "503 No\r\n250 Ok\r\n", 1, 1 },
		{ "DATA", "what\r\n", 1, 1 },
		{ "DATA", "!close", 1, 1 },
		{ "DATA", "!hang", 1, 1 },
	};
	struct sending	*f = *state;
	size_t		 i;

	f->req.backend.command_ms = 30;
	for (i = 0; i < sizeof resets / sizeof resets[0]; i++) {
		use(f, "PIPELINING", resets[i].verb[0] == 'D' ? 1 : 2, RULES(
		    { "RCPT", "550 5.1.1 No\r\n", 1, 1 }, resets[i]));
		assert_string_equal(sending_run(f), "550 5.1.1 RCPT: No");
		sending_settle(f, 60);
		assert_null(f->script.conns[0].stream);
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(f->script.connections, 2);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* EHLO refused for good: HELO, and nothing of ESMTP. */
static void
test_helo(void **state)
{
	struct sending	*f = *state;

	use(f, "", 1, RULES({ "EHLO", "502 What\r\n", 0, 0 }));
	f->req.ret = SMTP_RET_FULL;
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;HELO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;DATA;");
	use(f, "", 1, RULES({ "EHLO", "502 What\r\n", 0, 0 },
	    { "HELO", "504 5.5.0 No\r\n", 0, 0 }));
	f->req.backend.helo = STR("other");
	assert_string_equal(sending_run(f),
	    "smtp temporary HELO: 127.0.0.1: 504 5.5.0 No");
}

/* Early words of a backend in the middle of a large body. */
static void
test_early(void **state)
{
	static const struct {
		const char	*ehlo, *verb, *reply, *want;
	} early[] = {
		{ "", "BODY", "452 4.3.1 Full\r\n!hang",
		    "452 4.3.1 DATA: Full" },
		{ "", "BODY", "421 4.3.2 Bye\r\n!close",
		    "421 4.3.2 DATA: Bye" },
		{ "", "BODY", "250 2.0.0 Ok\r\n!hang",
		    "protocol temporary DATA: unexpected reply" },
		{ "CHUNKING", "CHUNK", "552 5.3.4 Big\r\n!hang",
		    "552 5.3.4 BDAT: Big" },
		{ "CHUNKING", "CHUNK", "250 2.0.0 Ok\r\n!hang",
		    "protocol temporary BDAT: unexpected reply" },
	};
	struct sending	*f = *state;
	size_t		 i, size = 20000000;
	char		*big = malloc(size);

	memset(big, 'x', size);
	for (i = 0; i < sizeof early / sizeof early[0]; i++) {
		use(f, early[i].ehlo, 1, RULES({ early[i].verb,
		    early[i].reply, 1, 0 }));
		sending_message(f, (struct str){ big, size }, 1);
		assert_string_equal(sending_run(f), early[i].want);
		assert_int_equal(f->ends, 0);
		sending_settle(f, 15);
		NO_MESSAGE(f);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
	free(big);
}

/*
 * A reply of a megabyte, one without end, and ones that break off, in lines
 * or in one line: the verdict is what its code says, and only where that
 * can't be, at MAIL, it is an error.
 */
static void
test_endless(void **state)
{
	static const struct {
		const char	*verb, *piece;
		size_t		 bytes;
		const char	*end, *want;
		bool		 reused;
	} cases[] = {
		{ "EOD", "250-more\r\n", 1000000, "250 End\r\n", "250 ", 1 },
		{ "EOD", "250-more", 1000000, "\r\n250 End\r\n", "250 ", 1 },
		{ "EOD", "250-more\r\n", 5000000, "", "250 ", 0 },
		{ "EOD", "250-more", 5000000, "", "250 ", 0 },
		{ "EOD", "550-more\r\n", 5000000, "", "550 ", 0 },
		{ "EOD", "250-more\r\n", 30, "!close", "250 ", 0 },
		{ "EOD", "250-more\r\n", 30, "!hang", "250 ", 0 },
		{ "EOD", "250-more", 5, "!close", "network temporary EOD", 0 },
		{ "MAIL", "250-more\r\n", 100000, "250 End\r\n", "250 ", 1 },
		{ "MAIL", "250-more\r\n", 5000000, "",
		    "protocol temporary MAIL: a reply without end", 0 },
		{ "RCPT", "550-more\r\n", 5000000, "", "550 ", 0 },
		{ "BANNER", "220-more\r\n", 5000000, "",
		    "protocol temporary BANNER", 0 },
	};
	struct sending	*f = *state;
	struct buf	 text = BUF_INIT;
	size_t		 i;

	f->req.backend.end_ms = 1000;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&text);
		while (text.len < cases[i].bytes)
			buf_add_text(&text, cases[i].piece);
		buf_add_text(&text, cases[i].end);
		use(f, "", 1, RULES({ cases[i].verb, buf_cstr(&text), 1, 1 }));
		sending_run(f);
		if (strncmp(buf_cstr(&f->result), cases[i].want,
		    strlen(cases[i].want)) != 0)
			fail_msg("case %zu: %.80s", i, buf_cstr(&f->result));
		sending_settle(f, 15);
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(f->script.connections, 2 - cases[i].reused);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
	buf_free(&text);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_partial_data), TEST(test_partial_bdat),
		TEST(test_refused_354), TEST(test_refused_503),
		TEST(test_refused_last), TEST(test_which_reply),
		TEST(test_rows), TEST(test_reset), TEST(test_helo),
		TEST(test_early),
		TEST(test_endless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
