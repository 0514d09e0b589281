/*
 * Thousands of sends, many at a time over few connections, to a backend that
 * does anything: what was told must be what happened.
 *
 *	told 2yz			taken exactly once
 *	told otherwise, end not given	never taken
 *	anything			taken at most once
 *
 * Where each recipient is for itself, it is told 2yz if one of them is.
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

#define SENDS	3000
#define TOGETHER 60

struct chaos {
	struct sending	*f;
	unsigned char	 taken[SENDS];
	int		 next;
	int		 under_way;
	int		 good, bad, doubt;
};

struct one {
	struct chaos	*chaos;
	struct send_request	 req;
	struct send_rcpt	 rcpts[3];
	char		 text[80];
	size_t		 len, offset;
	int		 number;
};

static uint64_t	seed;
/* From which transaction of a connection on it may also answer one command
 * twice. */
static int	doubles;

static unsigned
roll(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed % below);
}

static const char *
misbehave(const struct script_conn *c, const char *verb)
{
	static const char *const	anywhere[] = {
		"!close", "!reset", "!hang", "421 4.3.2 Bye\r\n",
		"421 4.3.2 Bye\r\n!close", "450 4.2.0 No\r\n",
		"550 5.7.1 No\r\n", "what\r\n", "354 Go\r\n",
		"250-a\r\n!close", "\r\n", "550 5.7.1 No\n",
		"250 Ok\r\n250 Ok\r\n",
	};
	static const struct script_conn	*doubled;
	bool	end = strcmp(verb, "EOD") == 0 || strcmp(verb, "LAST") == 0;
	const char	*said;

	/* Who takes a reply for another's is told the wrong thing then. */
	if (end && doubled == c) {
		doubled = NULL;
		return "550 5.7.1 No\r\n";
	}
	if (strcmp(verb, "BODY") == 0 || strcmp(verb, "CHUNK") == 0 ||
	    roll(40) != 0)
		return NULL;
	said = anywhere[roll(end ? 8 : c->mails >= doubles ? 13 : 12)];
	if (said == anywhere[12])
		doubled = c;
	return said;
}

static void
on_message(struct script *s, bool taken)
{
	struct chaos	*c = s->arg;
	uint64_t	 n;
	struct str	 id, rest;

	id = str_split(buf_str(&s->body), '\r', &rest);
	assert_int_equal(str_uint(id, SENDS - 1, &n), 0);
	if (taken)
		c->taken[n]++;
}

static int
one_peek(void *arg, struct iovec *iov, int max)
{
	struct one	*o = arg;

	if (max < 1 || o->offset == o->len)
		return 0;
	iov[0].iov_base = o->text + o->offset;
	iov[0].iov_len = o->len - o->offset;
	return 1;
}

static void
one_advance(void *arg, size_t n)
{
	((struct one *)arg)->offset += n;
}

static int
one_rewind(void *arg)
{
	((struct one *)arg)->offset = 0;
	return 0;
}

static void	one_start(struct one *o);

static bool
told_good(const struct attempt *r)
{
	struct attempt	of;
	size_t		i;

	if (r->rcpts == NULL)
		return r->reply != NULL && r->reply->code < 300;
	for (i = 0; i < r->rcpt_count; i++) {
		of = attempt_of(r, i);
		if (of.reply != NULL && of.reply->code < 300)
			return true;
	}
	return false;
}

static void
one_done(void *arg, const struct attempt *r)
{
	struct one	*o = arg;
	struct chaos	*c = o->chaos;
	int		 taken = c->taken[o->number];

	if (told_good(r)) {
		c->good++;
		if (taken != 1)
			fail_msg("told 250, taken %d times", taken);
	} else if (!r->end_given || r->reply != NULL) {
		c->bad++;
		if (taken != 0)
			fail_msg("told %s (%d), taken %d times", r->message,
			    r->code, taken);
	} else {
		c->doubt++;
		assert_int_equal(r->state, SMTP_STATE_EOD);
		assert_true(r->temporary && taken <= 1);
	}
	c->under_way--;
	if (c->next < SENDS)
		one_start(o);
	else if (c->under_way == 0)
		loop_stop(c->f->loop);
}

static void
one_start(struct one *o)
{
	struct sending	*f = o->chaos->f;

	o->number = o->chaos->next++;
	o->chaos->under_way++;
	o->offset = 0;
	o->len = (size_t)snprintf(o->text, sizeof o->text,
	    "%d\r\n.a dot\r\n", o->number);
	o->req = f->req;
	o->req.rcpts = f->rcpts;
	o->req.rcpt_count = 1 + roll(3);
	o->req.present = NULL;
	o->req.tried = NULL;
	o->req.end_sent = NULL;
	o->req.done = one_done;
	o->req.arg = o;
	o->req.body = (struct send_body){ .size = o->len, .dot_lines = true,
	    .ends_crlf = true, .peek = one_peek, .advance = one_advance,
	    .rewind = one_rewind, .arg = o };
	(void)send_start(f->engine, &o->req);
}

static void
run_chaos(void **state, const char *ehlo)
{
	static struct one	 ones[TOGETHER];
	static struct chaos	 c;
	struct sending		*f = *state;
	int			 i;

	c = (struct chaos){ .f = f };
	seed = 88172645463325252u;
	sending_message(f, STR("x\r\n"), 3);
	f->req.backend.command_ms = f->req.backend.end_ms = 60;
	f->script.ehlo = ehlo;
	f->script.chaos = misbehave;
	f->script.on_message = on_message;
	f->script.arg = &c;
	for (i = 0; i < TOGETHER; i++) {
		ones[i].chaos = &c;
		one_start(&ones[i]);
	}
	assert_int_equal(loop_run(f->loop), 0);
	assert_int_equal(c.good + c.bad + c.doubt, SENDS);
	assert_true(c.good > SENDS / 2 && c.bad > 0 && c.doubt > 0);
	for (i = 0; i < SENDS; i++)
		assert_true(c.taken[i] <= 1);
}

static void
test_each(void **state)
{
	((struct sending *)*state)->req.each = true;
	doubles = 0;
	run_chaos(state, "PIPELINING");
}

static void
test_lmtp(void **state)
{
	struct sending	*f = *state;

	f->req.each = true;
	f->req.backend.lmtp = true;
	doubles = 0;
	run_chaos(state, "PIPELINING");
}

static void
test_plain(void **state)
{
	doubles = 0;
	run_chaos(state, "");
}

static void
test_pipelining(void **state)
{
	doubles = 0;
	run_chaos(state, "PIPELINING");
}

/*
 * Where MAIL, RCPT and BDAT LAST go in one write, a second 250 to one of them
 * looks like the reply to the next: on a new connection nobody could tell, on
 * one that was used before replies are told apart.
 */
static void
test_chunking(void **state)
{
	doubles = 2;
	run_chaos(state, "PIPELINING,CHUNKING");
}

#define TEST(fn)							\
	cmocka_unit_test_setup_teardown(fn, sending_setup, sending_teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_plain), TEST(test_pipelining), TEST(test_chunking),
		TEST(test_each), TEST(test_lmtp),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
