/*
 * Parts are made one by one, each in the encoding that it needs, so that the
 * whole is of seven bits wherever it can be: text and UTF-8 forms become
 * quoted-printable, an original of eight bits stays as it is (RFC 2046 allows
 * message/rfc822 nothing else).  Then a boundary is chosen that stands in none
 * of them.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "mime/header.h"
#include "mime/qp.h"

#include "compose.h"
#include "facts.h"

enum { PART_TEXT, PART_STATUS, PART_ORIGINAL, PARTS };

static void
notification_trouble(struct notification *n, const char *what,
    const char *why)
{
	if (n->trouble.text[0] == '\0')
		(void)err_set(&n->trouble, "%s: %s", what, why);
}

/* ---- Parts --------------------------------------------------------------- */

static void
part_head(struct buf *out, const char *type, const char *description,
    const char *encoding)
{
	buf_printf(out, "Content-Type: %s\r\nContent-Description: %s\r\n",
	    type, description);
	if (encoding != NULL)
		buf_printf(out, "Content-Transfer-Encoding: %s\r\n",
		    encoding);
}

/* A part of which any bytes may be encoded. */
static void
part_text(struct buf *out, const char *type, const char *description,
    struct str bytes)
{
	bool	plain = qp_not_needed(bytes, false);

	part_head(out, type, description, plain ? NULL : "quoted-printable");
	buf_add_text(out, "\r\n");
	if (plain)
		buf_add_str(out, bytes);
	else
		qp_encode(out, bytes);
}

static void
notification_text(struct facts *f, struct buf *out)
{
	struct buf	body = BUF_INIT, type = BUF_INIT;
	struct str	language = template_language(f->template);

	template_body(f->template, f->action, &f->values, &body);
	buf_printf(&type, "text/plain; charset=%s\r\nContent-Language: %.*s",
	    str_is_ascii(buf_str(&body)) ? "us-ascii" : "utf-8",
	    (int)language.len, language.p);
	part_text(out, buf_cstr(&type), "Notification", buf_str(&body));
	buf_free(&body);
	buf_free(&type);
}

static int
readable_check(struct header *h, struct str part, struct err *e)
{
	size_t	i;
	int	rc = header_feed(h, part, e);

	header_ready(h);
	if (rc == -1)
		return -1;
	if (rc == 0)
		return err_set(e, "no empty line ends its header");
	for (i = 0; i < header_count(h); i++)
		if (header_at(h, i).name_len == 0)
			return err_set(e, "a line of its header is no field");
	if (!qp_not_needed(header_original(h), false))
		return err_set(e, "its header is not ASCII, or too long");
	return 0;
}

/* Without an encoding of its own a text of eight bits is given one; a
 * multipart may have none but itself. */
static int
readable_put(const struct header *h, struct str part, struct buf *out,
    struct err *e)
{
	size_t		count = header_count(h), i, head;
	struct str	body, type = STR_NONE;

	head = header_original_size(h);
	body = (struct str){ part.p + head + 2, part.len - head - 2 };
	if ((i = header_find(h, STR("Content-Type"), 0)) < count)
		type = field_value(header_at(h, i));
	if (header_find(h, STR("Content-Transfer-Encoding"), 0) < count ||
	    str_caseprefix(type, STR("multipart/")) ||
	    qp_not_needed(body, false)) {
		if (!qp_not_needed(body, true))
			return err_set(e, "a NUL, or a line that is too long");
		buf_add_str(out, part);
		return 0;
	}
	buf_add(out, part.p, head);
	buf_add_text(out,
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	qp_encode(out, body);
	return 0;
}

/*
 * A script's own part: its lines end in CRLF from now on.  One that could not
 * stand in a message is not taken.
 */
static int
notification_readable(struct facts *f, struct buf *out, struct err *e)
{
	struct header	*h = header_new(&header_limits_default);
	struct buf	 b = BUF_INIT;
	int		 rc;

	compose_lines(&b, f->rq->order->readable_mimepart);
	rc = readable_check(h, buf_str(&b), e);
	if (rc == 0)
		rc = readable_put(h, buf_str(&b), out, e);
	header_free(&h);
	buf_free(&b);
	return rc;
}

static void
notification_status(const struct facts *f, struct buf *out)
{
	struct buf	b = BUF_INIT;

	facts_status(f, &b);
	part_text(out, f->utf8 ? "message/global-delivery-status" :
	    "message/delivery-status", "Delivery report", buf_str(&b));
	buf_free(&b);
}

/* ---- The original -------------------------------------------------------- */

static bool
original_is_utf8(const struct original *o)
{
	struct str	header = header_original(o->header);

	return !str_is_ascii(header) && utf8_valid(header);
}

static void
notification_whole(const struct original *o, struct buf *out)
{
	struct str	s = buf_str(&o->whole);

	if (original_is_utf8(o)) {
		part_text(out, "message/global", "Your message", s);
		return;
	}
	part_head(out, "message/rfc822", "Your message",
	    str_is_ascii(s) ? NULL : "8bit");
	buf_add_text(out, "\r\n");
	buf_add_str(out, s);
}

static void
notification_header(const struct facts *f, const struct original *o,
    struct buf *out)
{
	struct buf	b = BUF_INIT;

	original_header(o, f->rq->size_limit, &b);
	part_text(out, original_is_utf8(o) ? "message/global-headers" :
	    "text/rfc822-headers", "Header of your message", buf_str(&b));
	buf_free(&b);
}

/* What goes along of it, by the name of the section that says so. */
static const char *
notification_original(const struct facts *f, const struct original *o,
    struct buf *out)
{
	if (f->ret == ORDER_RET_NOTHING)
		return "";
	if (o->unreadable)
		return "unreadable";
	if (o->whole.len != 0 && qp_not_needed(buf_str(&o->whole), true)) {
		notification_whole(o, out);
		return "full";
	}
	notification_header(f, o, out);
	return "header";
}

/* ---- The whole ----------------------------------------------------------- */

static void
notification_parts(struct notification *n, struct facts *f,
    struct buf part[PARTS])
{
	struct original	o;
	struct err	e;

	original_read(&o, f->rq->next, f->rq->arg,
	    f->ret == ORDER_RET_FULL ? f->rq->size_limit : 0);
	if (o.unreadable && f->rq->next != NULL)
		notification_trouble(n, "the original", o.err.text);
	facts_read(f, &o);
	facts_attached(f, notification_original(f, &o,
	    &part[PART_ORIGINAL]));
	if (f->rq->order->readable_mimepart.len == 0)
		notification_text(f, &part[PART_TEXT]);
	else if (notification_readable(f, &part[PART_TEXT], &e) == -1) {
		notification_trouble(n, "readable_mimepart", e.text);
		notification_text(f, &part[PART_TEXT]);
	}
	notification_status(f, &part[PART_STATUS]);
	original_fini(&o);
}

/* Not in any part: each try makes it longer. */
static void
notification_boundary(const struct buf part[PARTS], struct str id,
    struct buf *out)
{
	size_t	i;
	unsigned tries = 0;

	do {
		buf_clear(out);
		buf_printf(out, "=_%.*s", (int)id.len, id.p);
		if (tries++ != 0)
			buf_printf(out, "_%u", tries);
		for (i = 0; i < PARTS; i++)
			if (compose_holds(buf_str(&part[i]), buf_str(out)))
				break;
	} while (i < PARTS);
}

static void
notification_assemble(struct notification *n, const struct facts *f,
    const struct buf part[PARTS])
{
	struct buf	boundary = BUF_INIT, body = BUF_INIT;
	struct str	s;
	size_t		i;

	notification_boundary(part, f->rq->order->id, &boundary);
	buf_add_text(&body, "This is a delivery status notification in MIME "
	    "format.\r\n");
	for (i = 0; i < PARTS; i++) {
		s = buf_str(&part[i]);
		if (s.len == 0)
			continue;
		buf_printf(&body, "\r\n--%s\r\n", buf_cstr(&boundary));
		buf_add_str(&body, s);
	}
	buf_printf(&body, "\r\n--%s--\r\n", buf_cstr(&boundary));
	n->smtputf8 = compose_header(&n->message, f, buf_str(&boundary),
	    !str_is_ascii(buf_str(&body)));
	buf_add_text(&n->message, "\r\n");
	buf_add_str(&n->message, buf_str(&body));
	buf_free(&boundary);
	buf_free(&body);
}

int
notification_make(struct notification *n,
    const struct notification_request *rq, struct err *e)
{
	struct facts	f;
	struct buf	part[PARTS] = { BUF_INIT, BUF_INIT, BUF_INIT };
	struct err	why;
	size_t		i;

	memset(n, 0, sizeof *n);
	if (facts_init(&f, rq, e) == -1)
		return -1;
	n->recipient = f.to;
	notification_parts(n, &f, part);
	notification_assemble(n, &f, part);
	if (compose_sign(&n->message, rq, &why) == -1)
		notification_trouble(n, "dkim", why.text);
	for (i = 0; i < PARTS; i++)
		buf_free(&part[i]);
	facts_fini(&f);
	return 0;
}

void
notification_fini(struct notification *n)
{
	buf_free(&n->message);
}
