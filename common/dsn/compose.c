/*
 * Each field goes through the one writer of fields (mime/field.h), which
 * refuses what another reader could take for two.
 */
#include <stdlib.h>
#include <string.h>

#include "mime/date.h"
#include "mime/dkim.h"
#include "mime/field.h"
#include "mime/word.h"
#include "smtp/path.h"
#include "spool/fields.h"

#include "compose.h"
#include "text.h"

/* What a script may not say, since the parts depend on it. */
static bool
compose_is_structure(struct str name)
{
	return str_caseprefix(name, STR("Content-")) ||
	    str_caseeq(name, STR("MIME-Version"));
}

/* Does the script say a field of that name itself? */
static bool
compose_ordered(const struct facts *f, struct str name)
{
	struct str	list = f->rq->order->headers, item, value;

	while (fields_list_next(&list, &item) == 0)
		if (str_caseeq(facts_item(item, &value), name))
			return true;
	return false;
}

/* Makes it fit for a field: encoded words, folds. */
static void
compose_put(struct buf *out, struct str name, struct str value)
{
	struct buf	clean = BUF_INIT, words = BUF_INIT;
	struct err	e;

	text_clean(&clean, value);
	if (word_encode(name, str_trim(buf_str(&clean)), WORD_Q, &words,
	    &e) == 0)
		(void)field_build(name, buf_str(&words), out, &e);
	buf_free(&clean);
	buf_free(&words);
}

static void
compose_own(struct buf *out, const struct facts *f, const char *name,
    struct str value)
{
	if (value.len != 0 && !compose_ordered(f, str_of(name)))
		compose_put(out, str_of(name), value);
}

/* ---- Values -------------------------------------------------------------- */

/* What is no address would be several, or none, to who reads it. */
static bool
compose_is_address(struct str address)
{
	struct smtp_path	p;
	struct arena		a = ARENA_INIT;
	bool			ok;

	ok = address.len != 0 && smtp_address_parse(&p, address, &a) == 0 &&
	    !p.null;
	arena_free(&a);
	return ok;
}

static void
compose_to(struct buf *b, const struct facts *f)
{
	if (compose_is_address(f->to))
		buf_printf(b, "<%.*s>", (int)f->to.len, f->to.p);
	else
		buf_add_text(b, "undisclosed-recipients:;");
}

/* "name" <address>, the name in quotes. */
static void
compose_from(struct buf *b, const struct facts *f)
{
	const struct dsn_order	*o = f->rq->order;
	struct str		 name = o->from_name.len != 0 ?
				    o->from_name :
				    STR("Mail Delivery System");
	size_t			 i;

	buf_add_byte(b, '"');
	for (i = 0; i < name.len; i++) {
		if (name.p[i] == '"' || name.p[i] == '\\')
			buf_add_byte(b, '\\');
		buf_add_byte(b, name.p[i]);
	}
	buf_add_text(b, "\" ");
	if (compose_is_address(o->from))
		buf_printf(b, "<%.*s>", (int)o->from.len, o->from.p);
	else
		buf_printf(b, "<MAILER-DAEMON@%.*s>",
		    (int)f->rq->hostname.len, f->rq->hostname.p);
}

/* What is left of a subject where its end says nothing, is cut. */
static void
compose_subject(struct buf *b, const struct facts *f)
{
	const struct dsn_order	*o = f->rq->order;
	size_t			 before;

	if (o->subject_prepend.len != 0) {
		buf_add_str(b, str_trim(o->subject_prepend));
		buf_add_byte(b, ' ');
	}
	before = b->len;
	text_clean(b, o->subject);
	if (b->len == before || str_trim((struct str){ buf_data(b) + before,
	    b->len - before }).len == 0)
		template_subject(f->template, f->action, &f->values, b);
	while (b->len > 0 && strchr(" :", b->mem[b->off + b->len - 1]) !=
	    NULL)
		b->len--;
}

/* ---- The header ---------------------------------------------------------- */

static void
compose_people(struct buf *out, const struct facts *f)
{
	struct buf	b = BUF_INIT;

	compose_from(&b, f);
	compose_own(out, f, "From", buf_str(&b));
	buf_clear(&b);
	compose_to(&b, f);
	compose_own(out, f, "To", buf_str(&b));
	buf_clear(&b);
	compose_subject(&b, f);
	compose_own(out, f, "Subject", buf_str(&b));
	buf_free(&b);
}

static void
compose_identity(struct buf *out, const struct facts *f)
{
	const struct notification_request	*rq = f->rq;
	struct str				 old;
	struct buf				 b = BUF_INIT;

	date_add(&b, rq->now_us / 1000000);
	compose_own(out, f, "Date", buf_str(&b));
	buf_clear(&b);
	buf_printf(&b, "<%.*s@%.*s>", (int)rq->order->id.len,
	    rq->order->id.p, (int)rq->hostname.len, rq->hostname.p);
	compose_own(out, f, "Message-ID", buf_str(&b));
	buf_free(&b);
	compose_own(out, f, "Auto-Submitted", STR("auto-replied"));
	old = f->values.of[TEMPLATE_message_id];
	compose_own(out, f, "In-Reply-To", old);
	compose_own(out, f, "References", old);
	compose_own(out, f, "Original-Envelope-ID", rq->entry->dsn_envid);
	compose_own(out, f, "Original-Recipient", rq->entry->dsn_orcpt);
}

static void
compose_more(struct buf *out, const struct facts *f)
{
	struct str	list = f->rq->order->headers, item, name, value;

	while (fields_list_next(&list, &item) == 0) {
		name = facts_item(item, &value);
		if (name.len != 0 && value.len != 0 &&
		    !compose_is_structure(name))
			compose_put(out, name, value);
	}
}

bool
compose_header(struct buf *out, const struct facts *f, struct str boundary,
    bool eight)
{
	size_t	before = out->len;

	compose_people(out, f);
	compose_identity(out, f);
	compose_more(out, f);
	buf_printf(out, "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;"
	    "\r\n\tboundary=\"%.*s\"\r\n", (int)boundary.len, boundary.p);
	if (eight)
		buf_add_text(out, "Content-Transfer-Encoding: 8bit\r\n");
	return !str_is_ascii((struct str){ buf_data(out) + before,
	    out->len - before });
}

/* ---- The signature ------------------------------------------------------- */

static int
compose_options(struct dkim_options *o,
    const struct notification_request *rq, struct err *e)
{
	struct str	pairs = rq->order->dkim_options, name, value;

	memset(o, 0, sizeof *o);
	o->selector = rq->order->dkim_selector;
	o->domain = rq->order->dkim_domain;
	while (fields_list_next(&pairs, &name) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		if (dkim_option(o, name, value, rq->now_us / 1000000, e) ==
		    -1)
			return -1;
	return 0;
}

static int
compose_field(struct buf *field, struct str message,
    const struct notification_request *rq, struct err *e)
{
	struct dkim_key		*key = dkim_key_new(rq->order->dkim_key, e);
	struct dkim_options	 o;
	struct dkim		*d = NULL;
	int			 rc = -1;

	if (key != NULL && compose_options(&o, rq, e) == 0 &&
	    (d = dkim_new(&o, key, e)) != NULL &&
	    dkim_feed(d, message, e) == 0)
		rc = dkim_end(d, field, e);
	dkim_free(&d);
	dkim_key_free(&key);
	return rc;
}

int
compose_sign(struct buf *message, const struct notification_request *rq,
    struct err *e)
{
	struct buf	field = BUF_INIT;
	int		rc;

	if (rq->order->dkim_selector.len == 0)
		return 0;
	rc = compose_field(&field, buf_str(message), rq, e);
	if (rc == 0) {
		buf_add_str(&field, buf_str(message));
		buf_free(message);
		*message = field;
	} else {
		buf_free(&field);
	}
	return rc;
}

/* ---- Text ---------------------------------------------------------------- */

void
compose_lines(struct buf *out, struct str s)
{
	for (; s.len > 0; s.p++, s.len--) {
		if (s.p[0] != '\r' && s.p[0] != '\n') {
			buf_add_byte(out, s.p[0]);
			continue;
		}
		if (s.p[0] == '\r' && s.len > 1 && s.p[1] == '\n') {
			s.p++;
			s.len--;
		}
		buf_add_text(out, "\r\n");
	}
}

bool
compose_holds(struct str text, struct str part)
{
	return text.len != 0 &&
	    memmem(text.p, text.len, part.p, part.len) != NULL;
}
