/* Which commands go out together, and what the message looks like. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sending.h"

#define OK	"250 2.0.0 EOD: Ok: queued"

static void
test_data_stepwise(void **state)
{
	struct sending	*f = *state;

	sending_message(f, STR("a\r\n.b\r\n..\r\n"), 2);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;RCPT TO:<r2@x>;DATA;");
	assert_true(str_eq(buf_str(&f->script.body), f->message));
	assert_int_equal(f->script.messages, 1);
	assert_int_equal(f->ends, 1);
	assert_true(f->present_asked > 0);
}

static void
test_data_pipelined(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,SIZE";
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x> SIZE=18;RCPT TO:<r1@x>;DATA;");
	sending_message(f, STR("no end"), 3);
	assert_string_equal(sending_run(f), OK);
	assert_true(str_eq(buf_str(&f->script.body), STR("no end\r\n")));
	assert_int_equal(f->transactions, 2);
	assert_string_equal(f->connection->remoteip, "127.0.0.1");
	assert_string_equal(f->connection->localip, "127.0.0.1");
	assert_int_equal(strlen(f->connection->id), 36);
}

static void
test_bdat(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,CHUNKING";
	sending_message(f, STR(".no end"), 1);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;BDAT 7 LAST;");
	assert_true(str_eq(buf_str(&f->script.body), f->message));
	buf_clear(&f->script.log);
	sending_message(f, f->message, 2);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "2;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;RCPT TO:<r2@x>;BDAT 7;"
	    "BDAT 0 LAST;");
	assert_true(str_eq(buf_str(&f->script.body), f->message));
	assert_int_equal(f->ends, 2);
}

static void
test_bdat_several(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,CHUNKING";
	sending_message(f, STR("a\r\n"), 2);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;RCPT TO:<r2@x>;BDAT 3;"
	    "BDAT 0 LAST;");
}

/* Used before: what DATA carries goes by DATA, whose 354 keeps in step. */
static void
test_used(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,CHUNKING,BINARYMIME,8BITMIME";
	assert_string_equal(sending_run(f), OK);
	buf_clear(&f->script.log);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script),
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;DATA;");
	buf_clear(&f->script.log);
	f->req.body_type = SMTP_BODY_BINARYMIME;
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "2;EHLO us;"
	    "MAIL FROM:<s@x> BODY=BINARYMIME;RCPT TO:<r1@x>;BDAT 18 LAST;");
}

/* Used twice before, and replies are told apart: one write, until one of them
 * is not, or a message is refused. */
static void
test_told_apart(void **state)
{
	static const char	one_write[] =
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;BDAT 18 LAST;";
	static const char	by_data[] =
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;DATA;";
	static const struct rule	rules[] = {
		{ "EOD", "250 Ok\r\n", 1, 0 },
		{ "LAST", "452 4.3.1 Full\r\n", 3, 0 },
		{ .verb = NULL },
	};
	static const char *const	want[] = { by_data, one_write,
					    one_write, by_data, one_write };
	struct sending	*f = *state;
	size_t		 i;

	f->script.rules = rules;
	f->script.ehlo = "PIPELINING,CHUNKING";
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(sending_run(f), "250 0.0.0 EOD: Ok");
	for (i = 0; i < 5; i++) {
		buf_clear(&f->script.log);
		assert_string_equal(sending_run(f), i == 2 ?
		    "452 4.3.1 EOD: Full" : OK);
		sending_settle(f, 10);
		assert_memory_equal(script_log(&f->script), want[i],
		    strlen(want[i]));
	}
	assert_int_equal(f->script.connections, 1);
	/* That of the first rule is not counted. */
	assert_int_equal(f->script.messages, 5);
}

/* MAIL is refused by one that closes: what went behind it ended nothing, and
 * the message goes over another connection. */
static void
test_closes_at_mail(void **state)
{
	struct sending	*f = *state;
	int		 i;

	f->script.rules = (const struct rule[]){
		{ "MAIL", "421 4.7.0 Enough\r\n!close", 3, 1 },
		{ .verb = NULL },
	};
	f->script.ehlo = "PIPELINING,CHUNKING";
	for (i = 0; i < 3; i++)
		assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 2);
	assert_int_equal(f->script.messages, 3);
}

/*
 * One place off where replies are told apart: it is seen too late to try
 * again, and nothing is taken for delivered.
 */
static void
test_off_by_one(void **state)
{
	struct sending	*f = *state;
	static const char *const	at[] = { "MAIL", "RCPT" };
	size_t			 i;

	for (i = 0; i < 2; i++) {
		f->script.rules = (const struct rule[]){
			{ at[i], i == 0 ?
			    "250 2.0.0 Late\r\n250 2.1.0 Ok\r\n" :
			    "250 2.1.5 Ok\r\n250 2.1.5 Ok\r\n", 3, 0 },
			{ "LAST", "554 5.7.1 No\r\n", 2, 0 },
			{ .verb = NULL },
		};
		f->script.ehlo = "PIPELINING,CHUNKING";
		assert_string_equal(sending_run(f), OK);
		assert_string_equal(sending_run(f), OK);
		assert_string_equal(sending_run(f), "protocol temporary EOD: "
		    "a reply to another command where the end's was due");
		assert_int_equal(f->script.connections, 1);
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/*
 * One end of message is answered twice, the second time late: what each way
 * of sending makes of it.  On the old connection the message is refused; had
 * a reply been one off, its 550 were taken for a 250.
 */
static void
test_answered_twice(void **state)
{
	static const struct {
		const char	*ehlo, *message, *at, *late;
		size_t		 rcpts;
	} cases[] = {
		{ "PIPELINING,CHUNKING", "a\r\n", "MAIL",
		    "250 2.0.0 Late\r\n250 2.1.0 Ok\r\n", 1 },
		{ "PIPELINING,CHUNKING", "a\r\n", "RCPT",
		    "250 2.0.0 Late\r\n250 2.1.5 Ok\r\n", 2 },
		{ "PIPELINING,CHUNKING", "a", "MAIL",
		    "250 2.0.0 Late\r\n250 2.1.0 Ok\r\n", 1 },
		{ "PIPELINING,CHUNKING", "a", "RCPT",
		    "250 2.0.0 Late\r\n250 2.1.5 Ok\r\n", 1 },
		{ "CHUNKING", "a", "RCPT",
		    "250 2.0.0 Late\r\n250 2.1.5 Ok\r\n", 1 },
		{ "PIPELINING", "a\r\n", "MAIL",
		    "250 2.0.0 Late\r\n250 2.1.0 Ok\r\n", 1 },
		{ "", "a\r\n", "MAIL",
		    "250 2.0.0 Late\r\n250 2.1.0 Ok\r\n", 1 },
	};
	struct sending	*f = *state;
	size_t		 i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		f->script.ehlo = cases[i].ehlo;
		sending_message(f, str_of(cases[i].message), cases[i].rcpts);
		assert_string_equal(sending_run(f), OK);
		f->script.rules = (const struct rule[]){
			{ cases[i].at, cases[i].late,
			    cases[i].at[0] == 'R' ? (int)cases[i].rcpts + 1 :
			    2, 1 },
			{ "EOD", "554 5.7.1 No\r\n", 2, 1 },
			{ "LAST", "554 5.7.1 No\r\n", 2, 1 },
			{ .verb = NULL },
		};
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(f->script.connections, 2);
		assert_int_equal(f->script.messages, 2);
		assert_int_equal(f->rewinds, cases[i].message[1] != '\0');
		f->rewinds = 0;
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
	}
}

/* A backend that closes behind its 250: the next message is not deferred. */
static void
test_closes_behind(void **state)
{
	struct sending	*f = *state;
	int		 i;

	f->script.ehlo = "PIPELINING,CHUNKING";
	f->script.rules = (const struct rule[]){
		{ "LAST", "250 2.0.0 Ok: queued\r\n!close", 1, 0 },
		{ .verb = NULL },
	};
	for (i = 0; i < 50; i++)
		assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.connections, 50);
}

static void
test_bdat_stepwise(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "CHUNKING";
	sending_message(f, STR("abc\r\n"), 2);
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;RCPT TO:<r2@x>;BDAT 5 LAST;");
}

static void
test_empty(void **state)
{
	struct sending	*f = *state;

	sending_message(f, STR(""), 1);
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.body.len, 0);
	script_close(&f->script);
	script_open(&f->script, f->loop, "127.0.0.1");
	f->script.ehlo = "PIPELINING,CHUNKING";
	f->req.backend.port = f->script.port;
	assert_string_equal(sending_run(f), OK);
	assert_int_equal(f->script.body.len, 0);
}

/* On a connection that rested the end waits for the replies. */
static void
test_stale(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,CHUNKING";
	assert_string_equal(sending_run(f), OK);
	sending_settle(f, 1050);
	f->script.rules = (const struct rule[]){
		{ "RCPT", "250 2.1.5 Ok\r\n!hang", 2, 0 }, { .verb = NULL },
	};
	buf_clear(&f->script.log);
	sending_start(f);
	sending_settle(f, 100);
	assert_string_equal(script_log(&f->script),
	    "MAIL FROM:<s@x>;RCPT TO:<r1@x>;");
	assert_int_equal(f->ends, 1);	/* DATA was not answered */
	send_cancel(&f->send);
}

static void
big_message(struct buf *b, size_t size)
{
	size_t	i;

	for (i = 0; b->len < size; i++)
		buf_printf(b, "%sline %zu of a large message\r\n",
		    i % 7 == 0 ? "." : "", i);
}

/* Large bodies, cut in every way, arrive as they are. */
static void
test_large(void **state)
{
	static const char *const	ehlos[] = { "", "PIPELINING",
					    "PIPELINING,CHUNKING" };
	struct sending			*f = *state;
	struct buf			 b = BUF_INIT;
	size_t				 i, rcpts;

	big_message(&b, 3000000);
	for (i = 0; i < 3; i++)
		for (rcpts = 1; rcpts <= 2; rcpts++) {
			script_close(&f->script);
			script_open(&f->script, f->loop, "127.0.0.1");
			f->req.backend.port = f->script.port;
			f->script.ehlo = ehlos[i];
			f->piece = 1000 + i * 77 * rcpts;
			sending_message(f, buf_str(&b), rcpts);
			assert_string_equal(sending_run(f), OK);
			assert_true(str_eq(buf_str(&f->script.body),
			    f->message));
		}
	assert_non_null(strstr(script_log(&f->script), ";BDAT 0 LAST;"));
	buf_free(&b);
}

static void
test_parameters(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "PIPELINING,8BITMIME,SMTPUTF8,DSN,SIZE";
	f->req.body_type = SMTP_BODY_8BITMIME;
	f->req.smtputf8 = true;
	f->req.ret = SMTP_RET_HDRS;
	f->req.envid = STR("q+2Bx");
	f->rcpts[0].notify = SMTP_NOTIFY_SUCCESS | SMTP_NOTIFY_DELAY;
	f->rcpts[0].orcpt = STR("rfc822;a@b");
	(void)smtp_path_set(&f->rcpts[0].path, STR("a b"), STR("x"));
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<s@x> SIZE=18 BODY=8BITMIME SMTPUTF8 RET=HDRS "
	    "ENVID=q+2Bx;RCPT TO:<\"a b\"@x> NOTIFY=SUCCESS,DELAY "
	    "ORCPT=rfc822;a@b;DATA;");
	assert_false(f->dsn_dropped);
}

/* What is left of a BY goes to whom it means something. */
static void
test_deliverby(void **state)
{
	static const char *const	ehlos[] = { "SIZE", "DELIVERBY" };
	struct sending			*f = *state;

	for (size_t i = 0; i < 2; i++) {
		script_close(&f->script);
		script_open(&f->script, f->loop, "127.0.0.1");
		f->req.backend.port = f->script.port;
		f->script.ehlo = ehlos[i];
		f->req.by.by = SMTP_BY_NOTIFY;
		f->req.by.by_trace = true;
		f->req.by.by_seconds = -3;
		assert_string_equal(sending_run(f), OK);
		assert_int_equal(strstr(script_log(&f->script),
		    "MAIL FROM:<s@x> BY=-3;NT;") != NULL, i == 1);
	}
}

static void
test_dsn_dropped(void **state)
{
	struct sending	*f = *state;

	f->req.ret = SMTP_RET_FULL;
	f->rcpts[0].notify = SMTP_NOTIFY_NEVER;
	f->req.sender = (struct smtp_path){ .null = true };
	assert_string_equal(sending_run(f), OK);
	assert_string_equal(script_log(&f->script), "1;EHLO us;"
	    "MAIL FROM:<>;RCPT TO:<r1@x>;DATA;");
	assert_true(f->dsn_dropped);
}

/* An ORCPT in UTF-8 needs more than DSN. */
static void
test_orcpt_utf8(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "DSN";
	f->rcpts[0].notify = SMTP_NOTIFY_FAILURE;
	f->rcpts[0].orcpt = STR("utf-8;\xc3\xa4@b");
	assert_string_equal(sending_run(f), OK);
	assert_non_null(strstr(script_log(&f->script),
	    ";RCPT TO:<r1@x> NOTIFY=FAILURE;"));
	assert_true(f->dsn_dropped);
}

/* Never converted: what the backend lacks is permanent; it stays usable. */
static void
test_unfit(void **state)
{
	struct sending	*f = *state;

	f->script.ehlo = "SIZE 100";
	sending_message(f, STR("\xc3\xa4\r\n"), 1);
	assert_string_equal(sending_run(f), "smtp permanent : "
	    "backend does not offer 8BITMIME");
	sending_message(f, STR("a\r\n"), 1);
	f->req.body_type = SMTP_BODY_BINARYMIME;
	assert_string_equal(sending_run(f), "smtp permanent : "
	    "backend does not offer BINARYMIME");
	f->req.body_type = SMTP_BODY_7BIT;
	(void)smtp_path_set(&f->rcpts[0].path, STR("\xc3\xa4"), STR("x"));
	assert_string_equal(sending_run(f), "smtp permanent : "
	    "backend does not offer SMTPUTF8");
	sending_message(f, STR("0123456789012345678901234567890123456789"
	    "01234567890123456789012345678901234567890123456789"
	    "01234567890\r\n"), 1);
	assert_string_equal(sending_run(f), "smtp permanent : "
	    "message is larger than the backend takes");
	sending_message(f, STR("a\r\n"), 1);
	f->req.smtputf8 = true;		/* asked for, not needed */
	f->req.body_type = SMTP_BODY_8BITMIME;
	assert_string_equal(sending_run(f), OK);
	assert_non_null(strstr(script_log(&f->script),
	    ";MAIL FROM:<s@x> SIZE=3;"));
	assert_int_equal(f->script.connections, 1);
	assert_int_equal(f->transactions, 1);
}

static void
test_bad_request(void **state)
{
	struct sending	*f = *state;

	f->rcpts[0].path.domain = STR("x>\r\nQUIT");
	assert_string_equal(sending_run(f), "config temporary : "
	    "recipient 1 is not an address");
	f->req.rcpt_count = 0;
	assert_string_equal(sending_run(f), "config temporary : "
	    "no recipients");
	sending_message(f, STR("a\r\n"), 1);
	f->req.envid = STR("a b");
	assert_string_equal(sending_run(f), "config temporary : bad ENVID");
	f->req.envid = STR_NONE;
	f->req.backend.helo = STR("a\r\nb");
	assert_string_equal(sending_run(f), "config temporary : "
	    "bad HELO name");
	f->req.backend.helo = STR("us");
	f->rcpts[0].orcpt = STR("x\r\ny");
	assert_string_equal(sending_run(f), "config temporary : "
	    "recipient 1 has a bad ORCPT");
	assert_int_equal(f->script.connections, 0);
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_data_stepwise), TEST(test_data_pipelined),
		TEST(test_bdat), TEST(test_bdat_several), TEST(test_used),
		TEST(test_told_apart), TEST(test_closes_at_mail),
		TEST(test_off_by_one),
		TEST(test_answered_twice), TEST(test_closes_behind),
		TEST(test_bdat_stepwise), TEST(test_empty),
		TEST(test_stale), TEST(test_large), TEST(test_parameters),
		TEST(test_dsn_dropped), TEST(test_deliverby),
		TEST(test_orcpt_utf8),
		TEST(test_unfit),
		TEST(test_bad_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
