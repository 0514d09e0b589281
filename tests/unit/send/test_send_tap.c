/* What a tap is shown of an attempt: all that is said but for secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "send/tap.h"

#include "sending.h"

#define RULES(...)	((const struct rule[]){ __VA_ARGS__, { .verb = NULL } })

static struct buf	seen;
static int		connections;

/* "> EHLO us;< 250 ok;": notes by their first word. */
static void
on_line(void *arg, enum tap_side side, struct str text)
{
	(void)arg;
	if (side == TAP_NOTE)
		text = str_split(text, ' ', &(struct str){ NULL, 0 });
	buf_printf(&seen, "%c ", side == TAP_NOTE ? '-' : side == TAP_SENT ?
	    '>' : '<');
	buf_add_str(&seen, text);
	buf_add_byte(&seen, ';');
}

static void
on_connection(void *arg, const struct attempt_connection *c)
{
	(void)arg;
	assert_string_equal(c->remoteip, "127.0.0.1");
	connections++;
}

static const struct tap	tap = { on_line, on_connection, NULL };

static const char *
shown(struct sending *f)
{
	buf_clear(&seen);
	connections = 0;
	f->req.tap = &tap;
	(void)sending_run(f);
	return buf_cstr(&seen);
}

static void
use(struct sending *f, const char *ehlo)
{
	f->script.ehlo = ehlo;
	sending_message(f, STR("Subject: hush\r\n\r\nhush\r\n"), 1);
}

static void
test_plans(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING");
	assert_non_null(strstr(shown(f), "> MAIL FROM:<"));
	assert_non_null(strstr(shown(f), "- connection;> MAIL FROM:<"));
	assert_int_equal(connections, 1);
	assert_non_null(strstr(shown(f), "> DATA;< 250"));
	assert_non_null(strstr(shown(f), "< 354"));
	assert_non_null(strstr(shown(f), "- the;< 250 2.0.0 Ok: queued;"));
	assert_null(strstr(shown(f), "hush"));
	f->req.backend.helo = STR("other");
	use(f, "PIPELINING,CHUNKING");
	assert_non_null(strstr(shown(f), "> BDAT 23 LAST;"));
	assert_null(strstr(buf_cstr(&seen), "hush"));
	assert_non_null(strstr(buf_cstr(&seen), "- connecting;- connected,;"
	    "< 220 "));
	/* One command at a time. */
	f->req.backend.helo = STR("third");
	use(f, "");
	assert_non_null(strstr(shown(f), "< 354"));
	assert_null(strstr(buf_cstr(&seen), "hush"));
	f->req.tap = NULL;
	buf_clear(&seen);
	(void)sending_run(f);
	assert_int_equal(seen.len, 0);
}

/* A refusal, and what follows on it for another message. */
static void
test_refused(void **state)
{
	struct sending	*f = *state;

	use(f, "PIPELINING");
	f->script.rules = RULES({ "RCPT", "550-5.1.1 No\r\n550 5.1.1 "
	    "really\r\n", 1, 1 });
	assert_non_null(strstr(shown(f), "< 550-5.1.1 No;"
	    "< 550 5.1.1 really;"));
	/* Its RSET is nobody's. */
	sending_settle(f, 30);
	assert_null(strstr(buf_cstr(&seen), "RSET"));
	f->script.rules = RULES({ "BANNER", "421 4.3.2 Busy\r\n", 1, 0 });
	f->req.backend.helo = STR("other");
	assert_non_null(strstr(shown(f), "< 421 4.3.2 Busy;- failed:;"));
}

static void
test_secrets(void **state)
{
	static const char *const	ehlos[] = { "AUTH PLAIN",
					    "AUTH LOGIN" };
	struct sending			*f = *state;
	size_t				 i;

	for (i = 0; i < 2; i++) {
		use(f, ehlos[i]);
		f->req.backend.helo = str_of(i == 0 ? "a" : "b");
		f->req.backend.username = STR("tim");
		f->req.backend.password = STR("tanstaaf");
		f->req.backend.tls = SEND_TLS_DISABLED;
		f->script.rules = RULES({ "AUTH", "535-5.7.8 no tanstaaf\r\n"
		    "535 5.7.8 AHRpbQB0YW5zdGFhZg==\r\n", 0, 0 });
		assert_non_null(strstr(shown(f), i == 0 ?
		    "> AUTH PLAIN ***;< 535-5.7.8 ***;" : "> AUTH LOGIN;"));
		assert_null(strstr(buf_cstr(&seen), "tanstaaf"));
		if (i == 0)
			assert_null(strstr(buf_cstr(&seen), "AHRpbQB0YW5z"));
		assert_null(strstr(buf_cstr(&f->result), "tanstaaf"));
	}
}

static int
done(void **state)
{
	buf_free(&seen);
	return sending_teardown(state);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, sending_setup, done)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_plans), TEST(test_refused), TEST(test_secrets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
