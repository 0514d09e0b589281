/*
 * A transaction against a backend that says anything at any time.  Whatever
 * it says, all or none: with several recipients nothing that ends the message
 * is in the feed before all were accepted, and success is told only when they
 * were and the whole message was given.  Each for itself: nothing that ends it
 * before all were answered and one was accepted; and a recipient is told
 * success only if it was accepted and the whole message was given.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "send/txn.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_body {
	size_t	at, size;
};

static char	body_bytes[70000];

static int
body_peek(void *arg, struct iovec *iov, int max)
{
	struct fuzz_body	*b = arg;

	if (max < 1 || b->at == b->size)
		return 0;
	iov[0].iov_base = body_bytes + b->at;
	iov[0].iov_len = b->size - b->at;
	return 1;
}

static void
body_advance(void *arg, size_t n)
{
	((struct fuzz_body *)arg)->at += n;
}

/* What was said so far. */
struct heard {
	size_t	rcpts, accepted;	/* replies to RCPT, and the good ones */
	bool	endless;
};

static void
check_all(const struct txn *t, const struct feed *f, enum txn_outcome out,
    const struct heard *h)
{
	size_t	rcpts = t->req->rcpt_count;

	if (f->end_at != FEED_NO_END && h->accepted != rcpts && rcpts != 1)
		abort();
	/* A dot needs all recipients, however few there are. */
	if (f->tail.len != 0 && h->accepted != rcpts)
		abort();
	if (out == TXN_VERDICT && t->verdict.code < 300 &&
	    (h->accepted != rcpts || !feed_empty(f) || f->given <= f->end_at))
		abort();
}

static void
check_each(const struct txn *t, const struct feed *f, enum txn_outcome out,
    const struct heard *h)
{
	size_t	rcpts = t->req->rcpt_count, i, own = 0;
	bool	given = feed_empty(f) && f->given > f->end_at;

	if (f->end_at != FEED_NO_END && rcpts != 1 &&
	    (h->rcpts != rcpts || h->accepted == 0))
		abort();
	if (f->tail.len != 0 && (h->rcpts != rcpts || h->accepted == 0))
		abort();
	for (i = 0; i < rcpts; i++) {
		own += t->own[i].reply.code != 0;
		if (t->own[i].reply.code == 0 || t->own[i].reply.code >= 400)
			continue;
		if (!t->own[i].accepted || !given || !t->req->backend.lmtp)
			abort();
	}
	/* A verdict of 2yz for the rest needs one of them that was taken. */
	if (out == TXN_VERDICT && t->verdict.code < 300 && own != rcpts &&
	    (!given || h->accepted == 0 || t->req->backend.lmtp))
		abort();
	/* A refusal of one is no refusal of those who were not refused. */
	if (out == TXN_VERDICT && t->verdict_state == SMTP_STATE_RCPT &&
	    t->verdict.code != 421 && own != rcpts)
		abort();
}

static void
check(const struct txn *t, const struct feed *f, enum txn_outcome out,
    const struct heard *h)
{
	if (t->own != NULL)
		check_each(t, f, out, h);
	else
		check_all(t, f, out, h);
	/* Where all went in one write, what is said to recipients is not what
	 * ends the message. */
	if (t->apart && out == TXN_VERDICT && t->verdict.code < 300 &&
	    t->verdict.enhanced[1] == 1)
		abort();
	/* What may be behind an endless reply can't be told from it. */
	if (h->endless && (out == TXN_GOES_ON || t->after != TXN_CLOSE))
		abort();
	if (txn_outstanding(t) > t->req->rcpt_count * 2 + 3)
		abort();
}

/* Gives up to n bytes to the "kernel". */
static void
drain(struct feed *f, size_t n)
{
	struct iovec	iov[4];
	size_t		sum = 0;
	int		i, count = feed_peek(f, iov, 4);

	for (i = 0; i < count; i++)
		sum += iov[i].iov_len;
	if (sum != 0)
		feed_advance(f, sum < n ? sum : n);
}

/* What else the envelope asks for; the backend may not have it. */
static void
envelope(struct send_request *req, struct send_rcpt *rcpts, uint8_t bits)
{
	static const enum smtp_body	bodies[] = { SMTP_BODY_NONE,
	    SMTP_BODY_7BIT, SMTP_BODY_8BITMIME, SMTP_BODY_BINARYMIME };

	req->body.eight_bit = bits & 2;
	req->smtputf8 = bits & 4;
	req->body_type = bodies[bits >> 3 & 3];
	if (bits & 32) {
		req->ret = SMTP_RET_HDRS;
		req->envid = STR("e+2B");
	}
	if (bits & 64)
		rcpts[0].notify = SMTP_NOTIFY_NEVER;
	if (bits & 128)
		rcpts[0].orcpt = STR("utf-8;\xc3\xa4@x");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int	codes[] = { 250, 251, 354, 355, 421, 450,
				    451, 550, 554, 220 };
	struct send_rcpt	rcpts[4] = { { .notify = 0 } };
	struct attempt_rcpt	*own;
	struct heard		h = { 0, 0, false };
	struct smtp_caps	caps = { .exts = 0 };
	struct fuzz_body	body = { 0, 0 };
	struct send_request	req = { .rcpts = rcpts };
	struct smtp_reply	reply;
	struct txn		t;
	struct feed		f;
	enum txn_outcome	out;
	enum txn_state		before;
	size_t			i;

	if (size < 4)
		return 0;
	for (i = 0; i < 4; i++)
		rcpts[i].path = (struct smtp_path){ .localpart = STR("r"),
		    .domain = STR("x") };
	memset(body_bytes, '.', sizeof body_bytes);
	caps.exts = data[0];
	caps.size_max = 68000;
	body.size = (size_t)data[1] * 270;
	req.rcpt_count = 1 + data[2] % 4;
	req.body = (struct send_body){ .size = body.size, .dot_lines = true,
	    .peek = body_peek, .advance = body_advance, .arg = &body };
	envelope(&req, rcpts, data[3]);
	smtp_reply_init(&reply);
	feed_init(&f);
	txn_init(&t);
	own = attempt_rcpts_new(4);
	req.backend.lmtp = data[2] & 8;
	out = txn_start(&t, &(struct txn_setup){ &req,
	    data[2] & 4 || req.backend.lmtp ? own : NULL, &f, &caps,
	    data[3] & 1, !(data[3] & 1) && data[2] & 16 });
	if (out == TXN_UNFIT && (t.code < 400 || t.why == NULL ||
	    !feed_empty(&f)))
		abort();
	for (i = 4; i + 1 < size && out == TXN_GOES_ON; i += 2) {
		drain(&f, data[i] == 255 ? SIZE_MAX : data[i] * 8u);
		reply.code = codes[data[i + 1] % 10];
		reply.enhanced[0] = reply.code / 100 * (data[i + 1] % 30 > 9);
		reply.enhanced[1] = data[i + 1] % 30 > 19;
		reply.endless = data[i + 1] % 50 == 49;
		before = t.state;
		out = txn_reply(&t, &reply, f.given, data[i + 1] > 250);
		h.rcpts += before == TXN_RCPT;
		h.accepted += before == TXN_RCPT && reply.code < 300 &&
		    out != TXN_PROTOCOL;
		h.endless = reply.endless;
		check(&t, &f, out, &h);
	}
	smtp_reply_fini(&reply);
	attempt_rcpts_free(&own, 4);
	feed_fini(&f);
	txn_fini(&t);
	return 0;
}
