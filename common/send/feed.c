/*
 * What is given is three parts in order: cmd, body, tail.  feed_peek() shows
 * as much of them as fits; feed_advance() walks the same parts again and lets
 * go of what was taken.  The stuffer's state stands before the first byte that
 * was not taken yet.
 */
#include <string.h>

#include "feed.h"

#define FEED_PIECES	16	/* of the body at a time */

void
feed_init(struct feed *f)
{
	*f = (struct feed){ .end_at = FEED_NO_END };
}

void
feed_fini(struct feed *f)
{
	buf_free(&f->cmd);
}

void
feed_reset(struct feed *f, const struct send_request *req)
{
	struct buf	cmd = f->cmd;

	feed_init(f);
	f->cmd = cmd;
	f->req = req;
	buf_clear(&f->cmd);
}

void
feed_end_here(struct feed *f)
{
	f->end_at = f->given + f->cmd.len;
}

void
feed_body_raw(struct feed *f)
{
	f->body_left = f->req->body.size;
	f->stuffing = false;
}

void
feed_body_data(struct feed *f)
{
	const struct send_body	*body = &f->req->body;

	feed_body_raw(f);
	f->stuffing = body->dot_lines;
	f->tail = smtp_stuff_end(body->size == 0, body->ends_crlf);
}

bool
feed_empty(const struct feed *f)
{
	return f->cmd.len == 0 && f->body_left == 0 && f->tail.len == 0;
}

bool
feed_end_given(const struct feed *f, uint64_t sent)
{
	return sent > f->end_at;
}

/* ---- Showing ----------------------------------------------------------- */

struct feed_pieces {
	struct iovec	*iov;
	int		 max;
	int		 count;
	uint64_t	 bytes;
};

static void
pieces_add(struct feed_pieces *p, struct str s)
{
	/* sendmsg() reads only; iov_base has no const. */
	p->iov[p->count].iov_base = (void *)(uintptr_t)s.p;
	p->iov[p->count++].iov_len = s.len;
	p->bytes += s.len;
}

/* What body->peek() shows, but never more than its size says. */
static int
feed_body_peek(const struct feed *f, struct str *part, int max)
{
	const struct send_body	*body = &f->req->body;
	struct iovec		 iov[FEED_PIECES];
	uint64_t		 left = f->body_left;
	int			 i, n;

	n = body->peek(body->arg, iov, max < FEED_PIECES ? max :
	    FEED_PIECES);
	if (n <= 0)
		return -1;
	for (i = 0; i < n && left != 0; i++) {
		part[i] = (struct str){ iov[i].iov_base, iov[i].iov_len };
		if (part[i].len > left)
			part[i].len = (size_t)left;
		left -= part[i].len;
	}
	return i;
}

/* Returns 1 if the body is shown to its end, 0 if there is more, or -1. */
static int
feed_show_body(const struct feed *f, struct feed_pieces *p)
{
	struct str		part[FEED_PIECES], piece;
	struct smtp_stuff	st = f->stuff;
	uint64_t		left = f->body_left;
	int			i, n;

	n = feed_body_peek(f, part, p->max - p->count);
	if (n == -1)
		return -1;
	for (i = 0; i < n; i++) {
		size_t	len = part[i].len;

		while (f->stuffing && p->count < p->max &&
		    smtp_stuff_next(&st, &part[i], &piece))
			pieces_add(p, piece);
		if (!f->stuffing && p->count < p->max) {
			pieces_add(p, part[i]);
			part[i].len = 0;
		}
		if (part[i].len != 0)
			return 0;
		left -= len;
	}
	return left == 0;
}

/*
 * The end of the message is about to be shown.  Once a byte of it was given
 * there is no way back and nothing to ask.
 */
static bool
feed_may_end(struct feed *f)
{
	if (f->end_out || f->given > f->end_at)
		return true;
	f->out_of_step = f->in_step != NULL && !f->in_step(f->in_step_arg);
	if (f->out_of_step)
		return false;
	f->gone = f->req->present != NULL && !f->req->present(f->req->arg);
	return !f->gone;
}

int
feed_peek(struct feed *f, struct iovec *iov, int max)
{
	struct feed_pieces	p = { iov, max, 0, 0 };
	int			whole = 1;

	if (f->cmd.len != 0)
		pieces_add(&p, buf_str(&f->cmd));
	if (f->body_left != 0 && p.count < max) {
		whole = feed_show_body(f, &p);
		if (whole == -1) {
			f->unreadable = true;
			return -1;
		}
	} else if (f->body_left != 0)
		whole = 0;
	if (f->tail.len != 0 && whole && p.count < max) {
		if (f->end_at == FEED_NO_END)
			f->end_at = f->given + p.bytes;
		pieces_add(&p, f->tail);
	}
	if (f->given + p.bytes > f->end_at && !feed_may_end(f))
		return -1;
	return p.count;
}

/* ---- Letting go -------------------------------------------------------- */

/* How many bytes of the body are in n bytes of output: dots that were put in
 * don't count. */
static size_t
feed_unstuff(struct feed *f, struct str *part, int count, size_t n)
{
	struct str		piece, rest;
	struct smtp_stuff	st;
	size_t			own, body = 0;
	int			i = 0;

	while (n != 0 && i < count) {
		rest = part[i];
		st = f->stuff;
		if (!smtp_stuff_next(&st, &rest, &piece)) {
			i++;
			continue;
		}
		own = part[i].len - rest.len;
		if (own != 0 && piece.len > n) {
			/* The kernel took a part of the piece. */
			rest = (struct str){ part[i].p, n };
			(void)smtp_stuff_next(&f->stuff, &rest, &piece);
			return body + n;
		}
		f->stuff = st;
		part[i] = rest;
		body += own;
		n -= piece.len;
	}
	return body;
}

static void
feed_advance_body(struct feed *f, size_t *n)
{
	struct str	part[FEED_PIECES];
	size_t		bytes, before = *n;
	int		i, count;

	count = feed_body_peek(f, part, FEED_PIECES);
	for (i = 0, bytes = 0; i < count; i++)
		bytes += part[i].len;
	if (!f->stuffing) {
		bytes = bytes < before ? bytes : before;
		*n -= bytes;
	} else {
		bytes = feed_unstuff(f, part, count, before);
		*n = 0;
	}
	f->body_left -= bytes;
	f->req->body.advance(f->req->body.arg, bytes);
}

void
feed_advance(struct feed *f, size_t n)
{
	size_t	part = n < f->cmd.len ? n : f->cmd.len;

	f->given += n;
	if (part != 0)
		buf_consume(&f->cmd, part);
	n -= part;
	/* The tail begins where the end does: so much of n is the tail's. */
	part = 0;
	if (f->tail.len != 0 && f->given > f->end_at) {
		part = (size_t)(f->given - f->end_at);
		part = part < n ? part : n;
	}
	n -= part;
	if (n != 0)
		feed_advance_body(f, &n);
	if (part != 0)
		f->tail = (struct str){ f->tail.p + part,
		    f->tail.len - part };
}
