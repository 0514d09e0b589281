/*
 * Each recipient for itself: what leaves after each reply, and what each
 * recipient is told in the end.  Partial refusal by each of {DATA, BDAT} and
 * by what is said to it; LMTP, whose recipients have a reply each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "send/txn.h"

#define P	SMTP_EXT_PIPELINING
#define C	SMTP_EXT_CHUNKING
#define APART	(1u << 29)		/* used, and replies are told apart */
#define USED	(1u << 30)		/* the connection was used before */
#define LMTP	(1u << 31)
#define BODY	"b\r\n"

struct tcase {
	const char	*name;
	unsigned	 how;
	size_t		 rcpts;
	/* Codes by blanks; "!" before one: nothing left before it came; behind
	 * it "/" and a subject of RFC 3463; "+": more bytes follow; "~": it
	 * has no end. */
	const char	*replies;
	/* What left before each reply; CRLF as ";". */
	const char	*sent;
	/* Own verdicts by recipient, then that of the rest, then the fate of
	 * the connection: keep, reset, close; "apart": its replies are. */
	const char	*told;
};

static const struct tcase	cases[] = {
	/* ---- Nobody is refused ---- */
	{ "DATA, stepwise", 0, 2, "250 250 250 354 250",
	    "MAIL;|RCPT1;|RCPT2;|DATA;|b;.;|", "- - 250@EOD keep" },
	{ "DATA, pipelined", P, 2, "250 250 250 354 250",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "- - 250@EOD keep" },
	{ "BDAT", P | C, 2, "250 250 250 250 250",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;||||BDAT 0 LAST;|",
	    "- - 250@EOD keep" },
	{ "used before: DATA", P | C | USED, 2, "250 250 250 354 250",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "- - 250@EOD keep" },
	{ "BDAT, stepwise", C, 2, "250 250 250 250",
	    "MAIL;|RCPT1;|RCPT2;|BDAT 3 LAST;b;|", "- - 250@EOD keep" },
	{ "replies are told apart", P | C, 1, "250/1 250/1 250/0",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- 250@EOD keep apart" },
	{ "told apart, DATA", P, 2, "250/1 250/1 250/1 354 250/6",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "- - 250@EOD keep apart" },
	{ "not by MAIL", P | C, 1, "250/0 250/1 250/0",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- 250@EOD keep" },
	{ "not by RCPT", P, 2, "250/1 250/1 250 354 250/0",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "- - 250@EOD keep" },
	{ "not by the end", P | C, 1, "250/1 250/1 250/1",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- 250@EOD keep" },
	{ "apart: all in one", P | C | APART, 1, "250/1 250/1 250/0",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- 250@EOD keep apart" },
	{ "apart, more than one: DATA", P | C | APART, 2,
	    "250/1 250/1 250/1 354 250/0",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "- - 250@EOD keep apart" },
	{ "apart, one place off", P | C | APART, 1, "250/0 250/1 250/1+",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- a reply to another command "
	    "where the end's was due close" },
	{ "apart, one that tells nothing", P | C | APART, 1, "250/1 250/1 250",
	    "MAIL;RCPT1;BDAT 3 LAST;b;|||", "- a reply to another command "
	    "where the end's was due close" },
	{ "apart, refused", P | C | APART, 1, "250/1 550/1",
	    "MAIL;RCPT1;BDAT 3 LAST;b;||", "550@RCPT 550@RCPT reset" },
	{ "apart, LMTP, one place off", LMTP | P | C | APART, 1,
	    "250/0 250/1 250/1", "MAIL;RCPT1;BDAT 3 LAST;b;|||",
	    "- a reply to another command where the end's was due close" },

	/* ---- Some are refused: it goes to the others ---- */
	{ "452 is one's own", P, 3, "250 250 452 250 354 250",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||||b;.;|",
	    "- 452@RCPT - 250@EOD keep" },
	{ "refused, BDAT", P | C, 2, "250 550 250 250 250",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;||||BDAT 0 LAST;|",
	    "550@RCPT - 250@EOD keep" },
	{ "refused, stepwise", 0, 2, "250 550 250 354 250",
	    "MAIL;|RCPT1;|RCPT2;|DATA;|b;.;|", "550@RCPT - 250@EOD keep" },
	{ "refused, then 503 to DATA", P, 2, "250 550 250 503",
	    "MAIL;RCPT1;RCPT2;DATA;||||", "550@RCPT - 503@DATA reset" },
	{ "refused, then 503 to BDAT", P | C, 2, "250 450 250 503",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;||||", "450@RCPT - 503@BDAT reset" },
	{ "refused, then the end refused", P, 2, "250 550 250 354 451",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;|", "550@RCPT - 451@EOD reset" },
	{ "354 to BDAT", P | C, 2, "250 550 250 354",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;||||",
	    "550@RCPT - unexpected reply close" },
	{ "250 to DATA", P, 2, "250 550 250 250",
	    "MAIL;RCPT1;RCPT2;DATA;||||",
	    "550@RCPT - unexpected reply close" },

	/* ---- All are refused: the end never leaves ---- */
	{ "all, DATA is out", P, 2, "250 550 450",
	    "MAIL;RCPT1;RCPT2;DATA;|||", "550@RCPT 450@RCPT 450@RCPT reset" },
	{ "all, BDAT is out", P | C, 2, "250 550 551",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;|||",
	    "550@RCPT 551@RCPT 550@RCPT reset" },
	{ "all, stepwise", 0, 2, "250 550 550",
	    "MAIL;|RCPT1;|RCPT2;|", "550@RCPT 550@RCPT 550@RCPT reset" },

	/* ---- What was said to all, and what to nobody ---- */
	{ "MAIL refused", P, 2, "550", "MAIL;RCPT1;RCPT2;DATA;|",
	    "- - 550@MAIL reset" },
	{ "421 at the second RCPT", P, 3, "250 550 421",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||", "550@RCPT - - 421@RCPT close" },
	{ "a 550 without end is one's own", P, 2, "250 550~",
	    "MAIL;RCPT1;RCPT2;DATA;||",
	    "550@RCPT - a reply without end close" },
	{ "refused before the dot", P, 2, "250 550 250 354 !552",
	    "MAIL;RCPT1;RCPT2;DATA;||||", "550@RCPT - 552@DATA close" },

	/* ---- LMTP ---- */
	{ "LMTP, one each", LMTP | P, 3, "250 250 250 250 354 250 450 550",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||||b;.;|||",
	    "250@EOD 450@EOD 550@EOD 250@EOD reset" },
	{ "LMTP, all well", LMTP | P, 2, "250 250 250 354 250 250",
	    "MAIL;RCPT1;RCPT2;DATA;||||b;.;||",
	    "250@EOD 250@EOD 250@EOD keep" },
	{ "LMTP, the refused have none", LMTP | P, 3,
	    "250 550 250 250 354 250 451",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||||b;.;||",
	    "550@RCPT 250@EOD 451@EOD 250@EOD reset" },
	{ "LMTP, BDAT", LMTP | P | C, 2, "250 250 250 250 250+ !452",
	    "MAIL;RCPT1;RCPT2;BDAT 3;b;||||BDAT 0 LAST;|",
	    "250@EOD 452@EOD 250@EOD reset" },
	{ "LMTP, BDAT in one", LMTP | C, 2, "250 250 250 250 250",
	    "MAIL;|RCPT1;|RCPT2;|BDAT 3 LAST;b;||",
	    "250@EOD 250@EOD 250@EOD keep" },
	{ "LMTP, 421 in the middle", LMTP | P, 3,
	    "250 250 250 250 354 250 421",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||||b;.;||",
	    "250@EOD - - 421@EOD close" },
	{ "LMTP, without end in the middle", LMTP | P, 2,
	    "250 250 250 354 550~", "MAIL;RCPT1;RCPT2;DATA;||||b;.;|",
	    "550@EOD - a reply without end close" },
	{ "LMTP, without end at the last", LMTP | P, 2,
	    "250 250 250 354 250 250~", "MAIL;RCPT1;RCPT2;DATA;||||b;.;||",
	    "250@EOD 250@EOD 250@EOD close" },
	{ "LMTP, one too many", LMTP | P, 1, "250 250 354 250+",
	    "MAIL;RCPT1;DATA;|||b;.;|", "250@EOD 250@EOD close" },
	{ "LMTP, lost in the middle", LMTP | P, 3,
	    "250 250 250 250 354 250",
	    "MAIL;RCPT1;RCPT2;RCPT3;DATA;|||||b;.;|", "250@EOD - - open" },
};

/* ---- The body ---------------------------------------------------------- */

static size_t	body_at;

static int
body_peek(void *arg, struct iovec *iov, int max)
{
	(void)arg;
	if (max < 1 || body_at == sizeof BODY - 1)
		return 0;
	iov[0].iov_base = (char *)(uintptr_t)BODY + body_at;
	iov[0].iov_len = sizeof BODY - 1 - body_at;
	return 1;
}

static void
body_advance(void *arg, size_t n)
{
	(void)arg;
	body_at += n;
}

/* ---- A case ------------------------------------------------------------ */

/* "MAIL FROM:<s@x>" as "MAIL", "RCPT TO:<r2@x>" as "RCPT2". */
static void
note_line(struct buf *out, struct str line)
{
	if (str_prefix(line, STR("MAIL")))
		buf_add_text(out, "MAIL");
	else if (str_prefix(line, STR("RCPT")))
		buf_printf(out, "RCPT%c", line.p[10]);
	else
		buf_add_str(out, line);
	buf_add_byte(out, ';');
}

/* What the feed has goes to the kernel. */
static void
drain(struct feed *f, struct buf *out)
{
	struct iovec	iov[8];
	struct buf	all = BUF_INIT;
	struct str	line, rest;
	int		i, n;

	while ((n = feed_peek(f, iov, 8)) > 0) {
		for (i = 0; i < n; i++)
			buf_add(&all, iov[i].iov_base, iov[i].iov_len);
		feed_advance(f, all.len);
		rest = buf_str(&all);
		for (; rest.len != 0; rest.p++, rest.len--) {
			line = str_split(rest, '\r', &rest);
			note_line(out, line);
		}
		buf_clear(&all);
	}
	buf_free(&all);
	buf_add_byte(out, '|');
}

static void
tell(struct buf *out, const struct txn *t, enum txn_outcome o, size_t rcpts)
{
	static const char *const	fates[] = { "keep", "reset", "close" };
	size_t				 i;

	for (i = 0; i < rcpts; i++)
		if (t->own[i].reply.code == 0)
			buf_add_text(out, "- ");
		else
			buf_printf(out, "%d@%s ", t->own[i].reply.code,
			    smtp_state_name(t->own[i].state));
	if (o == TXN_GOES_ON)
		buf_add_text(out, "open");
	else if (o == TXN_VERDICT)
		buf_printf(out, "%d@%s %s%s", t->verdict.code,
		    smtp_state_name(t->verdict_state), fates[t->after],
		    t->told_apart ? " apart" : "");
	else
		buf_printf(out, "%s %s", t->why, fates[t->after]);
}

static enum txn_outcome
say(struct txn *t, struct feed *f, struct buf *sent, const char *replies)
{
	struct smtp_reply	r;
	enum txn_outcome	out = TXN_GOES_ON;
	bool			more;

	smtp_reply_init(&r);
	while (*replies != '\0' && out == TXN_GOES_ON) {
		if (*replies == '!')
			replies++;
		else
			drain(f, sent);
		r.code = (int)strtol(replies, (char **)(uintptr_t)&replies,
		    10);
		r.enhanced[0] = *replies == '/' ? r.code / 100 : 0;
		if (*replies == '/')
			r.enhanced[1] = (int)strtol(replies + 1,
			    (char **)(uintptr_t)&replies, 10);
		more = *replies == '+';
		r.endless = *replies == '~';
		replies += more || r.endless;
		replies += *replies == ' ';
		out = txn_reply(t, &r, f->given, more || r.endless);
	}
	if (*replies != '\0')
		fail_msg("ended before '%s'", replies);
	smtp_reply_fini(&r);
	return out;
}

static void
run(const struct tcase *c)
{
	static const char	names[3][3] = { "r1", "r2", "r3" };
	struct send_rcpt	rcpts[3] = { { .notify = 0 } };
	struct send_request	req = { .rcpts = rcpts, .rcpt_count = c->rcpts,
				    .each = true };
	struct smtp_caps	caps = { .exts = c->how & (P | C) };
	struct attempt_rcpt	*own = attempt_rcpts_new(c->rcpts);
	struct buf		sent = BUF_INIT, told = BUF_INIT;
	struct txn		t;
	struct feed		f;
	enum txn_outcome	out;
	size_t			i;

	(void)smtp_path_set(&req.sender, STR("s"), STR("x"));
	for (i = 0; i < c->rcpts; i++)
		(void)smtp_path_set(&rcpts[i].path, str_of(names[i]),
		    STR("x"));
	body_at = 0;
	req.backend.lmtp = (c->how & LMTP) != 0;
	req.body = (struct send_body){ .size = sizeof BODY - 1,
	    .ends_crlf = true, .peek = body_peek, .advance = body_advance };
	feed_init(&f);
	txn_init(&t);
	out = txn_start(&t, &(struct txn_setup){ &req, own, &f, &caps,
	    (c->how & (USED | APART)) == 0, (c->how & APART) != 0 });
	assert_int_equal(out, TXN_GOES_ON);
	out = say(&t, &f, &sent, c->replies);
	tell(&told, &t, out, c->rcpts);
	if (strcmp(buf_cstr(&sent), c->sent) != 0 ||
	    strcmp(buf_cstr(&told), c->told) != 0)
		fail_msg("%s:\n sent %s\n told %s", c->name, buf_cstr(&sent),
		    buf_cstr(&told));
	buf_free(&sent);
	buf_free(&told);
	attempt_rcpts_free(&own, c->rcpts);
	txn_fini(&t);
	feed_fini(&f);
}

static void
test_each(void **state)
{
	size_t	i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		run(&cases[i]);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
