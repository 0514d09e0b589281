/*
 * What is known of a message's bytes (smtp_scan) is known of all of them.
 * After an edit that is not enough: when something was true only of what was
 * taken out, the rest is looked at again.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "message.h"

#define MESSAGE_PIECES	16

struct message {
	const struct body	*body;
	const struct smtp_scan	*scan;
	struct header		*header;	/* NULL: not asked for, or */
	bool			 failed;	/* can't be read, because: */
	struct err		 reason;
};

struct message *
message_new(const struct body *body, const struct smtp_scan *scan)
{
	struct message	*m = xcalloc(1, sizeof *m);

	m->body = body;
	m->scan = scan;
	return m;
}

void
message_free(struct message **mp)
{
	struct message	*m = *mp;

	if (m == NULL)
		return;
	header_free(&m->header);
	free(m);
	*mp = NULL;
}

/* ---- The header -------------------------------------------------------- */

static struct str
message_piece(const struct iovec *iov)
{
	return (struct str){ iov->iov_base, iov->iov_len };
}

static int
message_read_header(struct message *m, struct header *h)
{
	struct body_cursor	c;
	struct iovec		iov;
	int			n, rc = 0;

	body_cursor_init(&c, m->body);
	while (rc == 0 && (n = body_peek(&c, &iov, 1)) != 0) {
		if (n == -1)
			rc = err_set(&m->reason, "the message can't be read");
		else
			rc = header_feed(h, message_piece(&iov), &m->reason);
		if (rc == 0)
			body_advance(&c, iov.iov_len);
	}
	body_cursor_fini(&c);
	return rc == -1 ? -1 : 0;
}

struct header *
message_header(struct message *m, struct err *e)
{
	struct header	*h;

	if (m->header == NULL && !m->failed) {
		h = header_new(&header_limits_default);
		if (message_read_header(m, h) == 0) {
			header_ready(h);
			m->header = h;
		} else {
			m->failed = true;
			header_free(&h);
		}
	}
	if (m->failed)
		err_set(e, "%s", m->reason.text);
	return m->header;
}

bool
message_header_known(const struct message *m)
{
	return m->header != NULL || m->failed;
}

bool
message_header_eight_bit(struct message *m)
{
	struct header		*h;
	struct smtp_scan	 scan;
	struct buf		 head = BUF_INIT;
	struct err		 e;

	h = message_header(m, &e);
	if (h == NULL)
		return true;
	header_write(h, &head);
	smtp_scan_init(&scan);
	smtp_scan_add(&scan, buf_str(&head));
	buf_free(&head);
	return scan.eight_bit;
}

static bool
message_edited(const struct message *m)
{
	return m->header != NULL && header_edits(m->header) != 0;
}

/* Bytes of the body before what is sent of it. */
static size_t
message_skip(const struct message *m)
{
	return message_edited(m) ? header_original_size(m->header) : 0;
}

uint64_t
message_size(const struct message *m)
{
	if (!message_edited(m))
		return body_size(m->body);
	return body_size(m->body) - message_skip(m) + header_size(m->header);
}

/* ---- Its bytes --------------------------------------------------------- */

/*
 * A message whose first line begins with white space would continue our
 * trace, and so say there what its sender likes: the line gets a name.
 */
static int
source_part_from_trace(struct message_source *s)
{
	struct iovec	iov = { .iov_len = 0 };
	struct str	 next = buf_str(&s->head);
	int		 n;

	if (s->trace.len == 0)
		return 0;
	if (next.len == 0) {
		n = body_peek(&s->cursor, &iov, 1);
		if (n != 1)
			return n;
		next = message_piece(&iov);
	}
	if (next.len != 0 && (next.p[0] == ' ' || next.p[0] == '\t'))
		s->part = STR(HEADER_ORPHAN);
	return 0;
}

/* Bytes before those of the body. */
static size_t
source_ours(const struct message_source *s)
{
	return s->trace.len + s->part.len + s->head.len;
}

int
message_source_init(struct message_source *s, const struct message *m,
    struct str trace, struct err *e)
{
	*s = (struct message_source){ .message = m, .trace = trace,
	    .head = BUF_INIT };
	if (message_edited(m))
		header_write(m->header, &s->head);
	if (message_source_rewind(s) == 0 && source_part_from_trace(s) == 0)
		return 0;
	message_source_fini(s);
	return err_set(e, "the message can't be read");
}

void
message_source_fini(struct message_source *s)
{
	body_cursor_fini(&s->cursor);
	buf_free(&s->head);
	s->message = NULL;
}

/* What is left of a piece that begins at `from`; STR_NONE when done. */
static struct str
source_left(const struct message_source *s, struct str piece, size_t from)
{
	size_t	used = s->done > from ? s->done - from : 0;

	if (used >= piece.len)
		return STR_NONE;
	return (struct str){ piece.p + used, piece.len - used };
}

int
message_source_peek(void *arg, struct iovec *iov, int max)
{
	struct message_source	*s = arg;
	struct str		 parts[3] = {
	    source_left(s, s->trace, 0),
	    source_left(s, s->part, s->trace.len),
	    source_left(s, buf_str(&s->head), s->trace.len + s->part.len) };
	int			 i, n = 0, more;

	for (i = 0; i < 3 && n < max; i++) {
		if (parts[i].len == 0)
			continue;
		iov[n].iov_base = (char *)(size_t)parts[i].p;
		iov[n].iov_len = parts[i].len;
		n++;
	}
	more = body_peek(&s->cursor, iov + n, max - n);
	return more == -1 ? -1 : n + more;
}

void
message_source_advance(void *arg, size_t n)
{
	struct message_source	*s = arg;
	size_t			 ours = source_ours(s) - s->done;

	ours = ours < n ? ours : n;
	s->done += ours;
	if (n > ours)
		body_advance(&s->cursor, n - ours);
}

int
message_source_rewind(void *arg)
{
	struct message_source	*s = arg;
	size_t			 skip = message_skip(s->message);
	struct iovec		 iov;

	s->done = 0;
	body_cursor_fini(&s->cursor);
	body_cursor_init(&s->cursor, s->message->body);
	while (skip != 0) {
		if (body_peek(&s->cursor, &iov, 1) != 1)
			return -1;
		if (iov.iov_len > skip)
			iov.iov_len = skip;
		body_advance(&s->cursor, iov.iov_len);
		skip -= iov.iov_len;
	}
	return 0;
}

/* ---- As one change of the body ------------------------------------------- */

/* Bytes at the end that both have. */
static size_t
message_common_end(struct str a, struct str b)
{
	size_t	most = a.len < b.len ? a.len : b.len, n = 0;

	while (n < most && a.p[a.len - n - 1] == b.p[b.len - n - 1])
		n++;
	return n;
}

int
message_splice(struct message *m, struct str trace, struct buf *data,
    uint64_t *count, struct err *e)
{
	struct message_source	s;
	size_t			same = 0;

	if (message_source_init(&s, m, trace, e) == -1)
		return -1;
	*count = 0;
	buf_add_str(data, s.trace);
	buf_add_str(data, s.part);
	if (message_edited(m)) {
		same = message_common_end(buf_str(&s.head),
		    header_original(m->header));
		*count = header_original_size(m->header) - same;
	}
	buf_add(data, buf_data(&s.head), s.head.len - same);
	message_source_fini(&s);
	return 0;
}

/* ---- What is true of them ---------------------------------------------- */

/* Looks at the body behind the header, and comes back. */
static int
source_scan_rest(struct message_source *s, struct smtp_scan *scan)
{
	struct iovec	iov[MESSAGE_PIECES];
	int		i, n;

	s->done = source_ours(s);
	while ((n = body_peek(&s->cursor, iov, MESSAGE_PIECES)) > 0)
		for (i = 0; i < n; i++) {
			smtp_scan_add(scan, message_piece(&iov[i]));
			body_advance(&s->cursor, iov[i].iov_len);
		}
	return n == -1 ? -1 : message_source_rewind(s);
}

static int
source_facts(struct message_source *s, struct send_body *b, struct err *e)
{
	const struct message	*m = s->message;
	struct smtp_scan	 was, is, rest = *m->scan;

	smtp_scan_init(&was);
	smtp_scan_init(&is);
	smtp_scan_add(&was, header_original(m->header));
	smtp_scan_add(&is, buf_str(&s->head));
	if ((rest.eight_bit && was.eight_bit) ||
	    (rest.dot_lines && was.dot_lines)) {
		smtp_scan_init(&rest);
		if (source_scan_rest(s, &rest) == -1)
			return err_set(e, "the message can't be read");
	}
	b->eight_bit = is.eight_bit || rest.eight_bit;
	b->dot_lines = is.dot_lines || rest.dot_lines;
	/* Without a blank line the header is all there is. */
	if (header_original_size(m->header) == body_size(m->body))
		b->ends_crlf = smtp_scan_ends_crlf(&is);
	return 0;
}

int
message_source_body(struct message_source *s, struct send_body *b,
    struct err *e)
{
	const struct message	*m = s->message;

	*b = (struct send_body){
		.size = message_size(m) + s->trace.len + s->part.len,
		.dot_lines = m->scan->dot_lines,
		.ends_crlf = smtp_scan_ends_crlf(m->scan),
		.eight_bit = m->scan->eight_bit,
		.peek = message_source_peek,
		.advance = message_source_advance,
		.rewind = message_source_rewind,
		.arg = s,
	};
	return message_edited(m) ? source_facts(s, b, e) : 0;
}
