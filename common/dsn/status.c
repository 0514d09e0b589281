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
status_put(const struct facts *f, struct buf *out, const char *name,
    struct str value)
{
	struct buf	b = BUF_INIT;

	if (f->utf8)
		text_clean(&b, value);
	else
		text_ascii(&b, value);
	text_field(out, name, buf_str(&b));
	buf_free(&b);
}

/* "type; text"; what has a type already keeps it. */
static void
status_put_typed(const struct facts *f, struct buf *out, const char *name,
    const char *type, struct str value)
{
	struct buf	b = BUF_INIT;
	struct str	rest = STR_NONE, head = str_split(value, ';', &rest);

	if (value.len == 0)
		return;
	if (rest.p == NULL || !field_name_valid(str_trim(head)))
		buf_printf(&b, "%s; ", type);
	buf_add_str(&b, value);
	status_put(f, out, name, buf_str(&b));
	buf_free(&b);
}

static void
status_put_address(const struct facts *f, struct buf *out, const char *name,
    struct str address)
{
	struct buf	b = BUF_INIT;

	buf_add_text(&b, str_is_ascii(address) ? "rfc822; " : "utf-8; ");
	buf_add_str(&b, address);
	if (address.len != 0)
		status_put(f, out, name, buf_str(&b));
	buf_free(&b);
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
	buf_add_text(&b, "dns; ");
	buf_add_str(&b, n->helo.len != 0 ? n->helo : n->client_name);
	if (n->client_address.len != 0)
		buf_printf(&b, b.len > 5 ? " (%.*s)" : "[%.*s]",
		    (int)n->client_address.len, n->client_address.p);
	if (b.len > 5)
		status_put(f, out, "Received-From-MTA", buf_str(&b));
	buf_free(&b);
}

static void
status_put_message(const struct facts *f, struct buf *out)
{
	const struct notification_request	*rq = f->rq;
	const struct dsn_order			*o = rq->order;

	status_put(f, out, "Original-Envelope-Id", rq->entry->dsn_envid);
	status_put_typed(f, out, "Reporting-MTA", "dns",
	    o->reportingmta.len != 0 ? o->reportingmta : rq->hostname);
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

static const char *
status_action(enum entry_action action)
{
	static const char *const	names[] = {
		[ENTRY_ACTION_NONE] = "failed",
		[ENTRY_ACTION_FAILED] = "failed",
		[ENTRY_ACTION_DELAYED] = "delayed",
		[ENTRY_ACTION_DELIVERED] = "delivered",
		[ENTRY_ACTION_RELAYED] = "relayed",
		[ENTRY_ACTION_EXPANDED] = "expanded" };

	return names[action];
}

static void
status_put_diagnostic(const struct facts *f, struct buf *out)
{
	const struct dsn_order	*o = f->rq->order;
	struct str		 type = o->diagnostictype;
	struct str		 code = o->diagnosticcode;
	struct buf		 b = BUF_INIT;

	if (code.len == 0 && o->why.len != 0) {
		code = o->why;
		type = STR("x-error");
	}
	if (!field_name_valid(type) || memchr(type.p, ';', type.len) != NULL)
		type = STR("smtp");
	buf_printf(&b, "%.*s; ", (int)type.len, type.p);
	buf_add_str(&b, code);
	if (code.len != 0)
		status_put(f, out, "Diagnostic-Code", buf_str(&b));
	buf_free(&b);
}

static void
status_put_recipient(const struct facts *f, struct buf *out)
{
	const struct notification_request	*rq = f->rq;
	const struct dsn_order			*o = rq->order;

	status_put_typed(f, out, "Original-Recipient", "rfc822",
	    rq->entry->dsn_orcpt);
	status_put_address(f, out, "Final-Recipient", f->recipient);
	status_put(f, out, "Action", str_of(status_action(f->action)));
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
