/*
 * The part for programs (RFC 3464): fields of the message, an empty line,
 * fields of the recipient.  All of it is ASCII, but for addresses where they
 * need UTF-8: then it is message/global-delivery-status (RFC 6533), and what
 * servers said stands as they said it, too.
 */
#include <string.h>

#include "mime/date.h"
#include "mime/field.h"
#include "spool/fields.h"

#include "facts.h"
#include "text.h"

#define STATUS_NAME_MAX	64

static void
status_clean(const struct facts *f, struct buf *out, struct str value)
{
	if (f->utf8)
		text_clean(out, value);
	else
		text_ascii(out, value);
}

static void
status_put(const struct facts *f, struct buf *out, const char *name,
    struct str value)
{
	struct buf	b = BUF_INIT;

	status_clean(f, &b, value);
	text_field(out, name, buf_str(&b));
	buf_free(&b);
}

/* RFC 2045 5.1 */
static bool
status_is_token(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' ||
		    strchr("()<>@,;:\\\"/[]?=", s.p[i]) != NULL)
			return false;
	return s.len != 0 && s.len <= STATUS_NAME_MAX;
}

/* "type; text" */
static void
status_put_as(const struct facts *f, struct buf *out, const char *name,
    const char *type, struct str value)
{
	struct buf	clean = BUF_INIT, b = BUF_INIT;

	status_clean(f, &clean, value);
	value = str_trim(buf_str(&clean));
	buf_printf(&b, "%s; ", type);
	buf_add_str(&b, value);
	if (value.len != 0)
		text_field(out, name, buf_str(&b));
	buf_free(&b);
	buf_free(&clean);
}

/* The same; what has a type already keeps it. */
static void
status_put_typed(const struct facts *f, struct buf *out, const char *name,
    const char *type, struct str value)
{
	struct buf	clean = BUF_INIT;
	struct str	rest, head;

	status_clean(f, &clean, value);
	head = str_split(buf_str(&clean), ';', &rest);
	if (str_trim(rest).len != 0 && status_is_token(str_trim(head)))
		text_field(out, name, buf_str(&clean));
	else
		status_put_as(f, out, name, type, value);
	buf_free(&clean);
}

static void
status_put_address(const struct facts *f, struct buf *out, const char *name,
    struct str address)
{
	status_put_as(f, out, name, str_is_ascii(address) ? "rfc822" :
	    "utf-8", address);
}

static void
status_put_time(const struct facts *f, struct buf *out, const char *name,
    uint64_t us)
{
	struct buf	b = BUF_INIT;

	if (us == 0)
		return;
	date_add(&b, (int64_t)(us / 1000000));
	status_put(f, out, name, buf_str(&b));
	buf_free(&b);
}

/* What a script adds, but for what is no field. */
static void
status_put_list(const struct facts *f, struct buf *out, struct str list)
{
	struct str	item, name, value;
	char		text[STATUS_NAME_MAX + 1];

	while (fields_list_next(&list, &item) == 0) {
		name = facts_item(item, &value);
		if (name.len == 0 || name.len > STATUS_NAME_MAX)
			continue;
		memcpy(text, name.p, name.len);
		text[name.len] = '\0';
		status_put(f, out, text, value);
	}
}

struct str
facts_item(struct str item, struct str *value)
{
	struct str	name = str_trim(str_split(item, ':', value));

	if (value->p == NULL || !field_name_valid(name))
		return STR_NONE;
	*value = str_trim(*value);
	return name;
}

/* ---- Who gave it to us --------------------------------------------------- */

static void
status_put_received_from(const struct facts *f, struct buf *out)
{
	const struct spool_entry	*n = f->rq->entry;
	struct buf			 b = BUF_INIT;

	if (f->rq->order->receivedfrommta.len != 0) {
		status_put_typed(f, out, "Received-From-MTA", "dns",
		    f->rq->order->receivedfrommta);
		return;
	}
	buf_add_str(&b, n->helo.len != 0 ? n->helo : n->client_name);
	if (n->client_address.len != 0)
		buf_printf(&b, b.len != 0 ? " (%.*s)" : "[%.*s]",
		    (int)n->client_address.len, n->client_address.p);
	status_put_as(f, out, "Received-From-MTA", "dns", buf_str(&b));
	buf_free(&b);
}

static void
status_put_message(const struct facts *f, struct buf *out)
{
	const struct notification_request	*rq = f->rq;
	const struct dsn_order			*o = rq->order;
	size_t					 before;

	status_put(f, out, "Original-Envelope-Id", rq->entry->dsn_envid);
	before = out->len;
	status_put_typed(f, out, "Reporting-MTA", "dns", o->reportingmta);
	if (out->len == before)
		status_put_as(f, out, "Reporting-MTA", "dns", rq->hostname);
	status_put_received_from(f, out);
	status_put_time(f, out, "Arrival-Date", rq->entry->ts_us);
	status_put_list(f, out, o->additional_fields);
}

/* ---- The recipient ------------------------------------------------------- */

static void
status_put_remote(const struct facts *f, struct buf *out)
{
	const struct dsn_order	*o = f->rq->order;
	struct buf		 b = BUF_INIT;

	if (o->remotemta.len == 0 && o->remoteip.len != 0)
		buf_printf(&b, "[%.*s]", (int)o->remoteip.len,
		    o->remoteip.p);
	else
		buf_add_str(&b, o->remotemta);
	status_put_typed(f, out, "Remote-MTA", "dns", buf_str(&b));
	buf_free(&b);
}

static void
status_put_diagnostic(const struct facts *f, struct buf *out)
{
	const struct dsn_order	*o = f->rq->order;
	struct str		 type = o->diagnostictype;
	struct str		 code = o->diagnosticcode;
	char			 text[STATUS_NAME_MAX + 1];

	if (code.len == 0 && o->why.len != 0) {
		code = o->why;
		type = STR("x-error");
	}
	if (!status_is_token(type))
		type = STR("smtp");
	memcpy(text, type.p, type.len);
	text[type.len] = '\0';
	status_put_as(f, out, "Diagnostic-Code", text, code);
}

static void
status_put_recipient(const struct facts *f, struct buf *out)
{
	const struct notification_request	*rq = f->rq;
	const struct dsn_order			*o = rq->order;
	size_t					 before;

	status_put_typed(f, out, "Original-Recipient", "rfc822",
	    rq->entry->dsn_orcpt);
	before = out->len;
	status_put_address(f, out, "Final-Recipient", f->recipient);
	if (out->len == before)
		status_put_address(f, out, "Final-Recipient",
		    rq->entry->recipient);
	status_put(f, out, "Action", str_of(dsn_action_name(f->action)));
	status_put(f, out, "Status", str_of(f->status));
	status_put_remote(f, out);
	status_put_diagnostic(f, out);
	status_put_time(f, out, "Last-Attempt-Date", o->attempt_us);
	status_put(f, out, "Final-Log-ID", rq->id);
	if (f->action == ENTRY_ACTION_DELAYED)
		status_put_time(f, out, "Will-Retry-Until", o->until_us);
	status_put_list(f, out, o->additional_recipient_fields);
}

void
facts_status(const struct facts *f, struct buf *out)
{
	status_put_message(f, out);
	buf_add_text(out, "\r\n");
	status_put_recipient(f, out);
}
