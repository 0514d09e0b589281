/*
 * What may be in the option dsn, by tables.  Bounds of lengths are those of
 * the order (dsn/order.def): it is written once, which says what is too long.
 *
 * No text that stands in a header or in a field of the notification has a line
 * break of its own: nobody who gives a part of it can add a field.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "hooks/run/options.h"
#include "hooks/run/values.h"
#include "mime/field.h"
#include "spool/fields.h"

#include "dsn_options.h"
#include "queued_private.h"

#define DSN_LIST_MAX	65536

bool
dsn_is_line(struct str s)
{
	return s.len == 0 || (memchr(s.p, '\r', s.len) == NULL &&
	    memchr(s.p, '\n', s.len) == NULL &&
	    memchr(s.p, '\0', s.len) == NULL);
}

enum hsl_rc
dsn_keep(struct dsn_call *d, const struct dsn_row *row, struct str s)
{
	struct str	*to = (struct str *)(void *)((char *)d->order +
			    row->offset);

	*to = arena_str(&d->r->arena, s);
	return HSL_OK;
}

/* ---- Texts --------------------------------------------------------------- */

enum hsl_rc
dsn_line(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	if (v.type != HSL_STRING || !dsn_is_line(hsl_value_str(v)))
		return queue_wrong(&d->q, row->name, "a text of one line");
	return dsn_keep(d, row, hsl_value_str(v));
}

static enum hsl_rc
dsn_utf8(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	if (v.type == HSL_STRING && !utf8_valid(hsl_value_str(v)))
		return queue_wrong(&d->q, row->name, "a text in UTF-8");
	return dsn_line(d, row, v);
}

/* It stands before a semicolon. */
static enum hsl_rc
dsn_word(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);
	size_t		i;

	for (i = 0; i < s.len; i++)
		if (!ascii_isalnum((unsigned char)s.p[i]) && s.p[i] != '-')
			break;
	if (v.type != HSL_STRING || i < s.len)
		return queue_wrong(&d->q, row->name,
		    "a word of letters, digits and -");
	return dsn_keep(d, row, s);
}

static enum hsl_rc
dsn_mimepart(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || (s.len > 0 &&
	    memchr(s.p, '\0', s.len) != NULL))
		return queue_wrong(&d->q, row->name,
		    "a MIME part as text without NUL");
	return dsn_keep(d, row, s);
}

static enum hsl_rc
dsn_address(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	struct smtp_path	path;
	struct buf		b = BUF_INIT;

	if (values_to_path(v, &d->q.arena, &path) == -1 || path.null)
		return queue_wrong(&d->q, row->name,
		    "an address, or an array of localpart and domain");
	smtp_path_add(&b, &path);
	(void)dsn_keep(d, row, buf_str(&b));
	buf_free(&b);
	return HSL_OK;
}

static enum hsl_rc
dsn_transport(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	struct str	id;

	if (queued_transport(&d->q, d->r, v, &id) != HSL_OK)
		return HSL_THROW;
	return dsn_keep(d, row, id);
}

/* As queue() reads them. */
static enum hsl_rc
dsn_queue(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	const struct spool_entry	*e = d->q.entry;

	if (queue_option(&d->q, row->name, v) != HSL_OK)
		return HSL_THROW;
	return dsn_keep(d, row, strcmp(row->name, "tenantid") == 0 ?
	    e->tenantid : strcmp(row->name, "jobid") == 0 ? e->jobid :
	    e->metadata);
}

/* ---- What of the original ------------------------------------------------ */

static enum hsl_rc
dsn_ret(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type == HSL_STRING && str_caseeq(s, STR("FULL")))
		d->order->ret = ORDER_RET_FULL;
	else if (v.type == HSL_STRING && str_caseeq(s, STR("HDRS")))
		d->order->ret = ORDER_RET_HDRS;
	else if (v.type == HSL_BOOLEAN && !v.u.boolean)
		d->order->ret = ORDER_RET_NOTHING;
	else
		return queue_wrong(&d->q, row->name, "FULL, HDRS or false");
	return HSL_OK;
}

static enum hsl_rc
dsn_modified(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return queue_wrong(&d->q, row->name, "a boolean");
	d->order->modified_original = v.u.boolean;
	return HSL_OK;
}

/* ---- Fields -------------------------------------------------------------- */

/* "Name: value", or the one by the other. */
static bool
dsn_field(struct buf *field, struct hsl_value key, struct hsl_value v)
{
	struct str	value = hsl_value_str(v), name = hsl_value_str(key);
	bool		named = key.type == HSL_STRING;

	if (!named)
		name = str_split(value, ':', &value);
	if (v.type != HSL_STRING || value.p == NULL ||
	    !field_name_valid(name) || !dsn_is_line(value))
		return false;
	buf_add_str(field, name);
	buf_add_text(field, named ? ": " : ":");
	buf_add_str(field, value);
	return true;
}

static enum hsl_rc
dsn_fields(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		list = BUF_INIT, one = BUF_INIT;
	bool			good = v.type == HSL_ARRAY;
	size_t			pos = 0;

	while (good && hsl_array_next(v, &pos, &key, &item)) {
		buf_clear(&one);
		good = dsn_field(&one, key, item) &&
		    list.len + one.len <= DSN_LIST_MAX;
		fields_list_add(&list, buf_str(&one));
	}
	if (good)
		(void)dsn_keep(d, row, buf_str(&list));
	buf_free(&list);
	buf_free(&one);
	return good ? HSL_OK : queue_wrong(&d->q, row->name, "an array of "
	    "fields, 'Name: value' of one line, of at most 64 KiB");
}

/* [5, 1, 1] */
static enum hsl_rc
dsn_status(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct buf	b = BUF_INIT;
	double		n;
	int		i;

	for (i = 0; i < 3 && hsl_array_count(v) == 3; i++) {
		n = hsl_value_number(hsl_array_at(v, i), -1);
		if (!(n >= 0 && n <= 999) || n != (double)(int)n ||
		    (i == 0 && n != 2 && n != 4 && n != 5))
			break;
		buf_printf(&b, "%s%d", i > 0 ? "." : "", (int)n);
	}
	if (i == 3)
		(void)dsn_keep(d, row, buf_str(&b));
	buf_free(&b);
	return i == 3 ? HSL_OK : queue_wrong(&d->q, row->name,
	    "an array of three numbers, the first one 2, 4 or 5");
}

static enum hsl_rc
dsn_overrides(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	static const struct dsn_row	rows[] = {
		DSN_ROW("reportingmta", dsn_line, reportingmta),
		DSN_ROW("receivedfrommta", dsn_line, receivedfrommta),
		DSN_ROW("remotemta", dsn_line, remotemta),
		DSN_ROW("status", dsn_status, status),
		DSN_ROW("diagnosticcode", dsn_line, diagnosticcode),
		DSN_ROW("diagnostictype", dsn_word, diagnostictype),
		DSN_ROW("finalrecipient", dsn_address, finalrecipient),
		{ NULL, NULL, 0 }
	};

	return dsn_table(d, row->name, rows, v);
}

/* ---- All of it ----------------------------------------------------------- */

static enum hsl_rc
dsn_option(struct dsn_call *d, const struct dsn_row *row, struct str name,
    struct hsl_value v)
{
	for (; row->name != NULL; row++)
		if (str_eq(name, str_of(row->name)))
			return v.type == HSL_NONE ? HSL_OK :
			    row->read(d, row, v);
	return option_unknown(d->q.c, d->q.name, name);
}

enum hsl_rc
dsn_table(struct dsn_call *d, const char *name, const struct dsn_row *rows,
    struct hsl_value v)
{
	const char		*outer = d->q.name;
	char			 full[64];
	struct hsl_value	 key, item;
	enum hsl_rc		 rc = HSL_OK;
	size_t			 pos = 0;

	if (v.type == HSL_NONE)
		return HSL_OK;
	if (v.type != HSL_ARRAY)
		return queue_wrong(&d->q, name, "an array");
	(void)snprintf(full, sizeof full, "%s: %s", outer, name);
	d->q.name = full;
	while (rc == HSL_OK && hsl_array_next(v, &pos, &key, &item))
		rc = dsn_option(d, rows, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), item);
	d->q.name = outer;
	return rc;
}

/* What can't be kept is refused while the script can still catch it. */
static enum hsl_rc
dsn_fits(struct queue_call *q, const struct dsn_order *order)
{
	struct buf	b = BUF_INIT;
	struct err	e;
	int		rc = dsn_order_put(&b, order, &e);

	if (b.mem != NULL)
		explicit_bzero(b.mem, b.cap);
	buf_free(&b);
	return rc == 0 ? HSL_OK : hsl_throw(q->c, "%s: dsn: %s", q->name,
	    e.text);
}

enum hsl_rc
dsn_options(struct queue_call *q, struct queued_run *r, struct hsl_value v,
    struct dsn_order *order)
{
	static const struct dsn_row	rows[] = {
		DSN_ROW("transportid", dsn_transport, transportid),
		DSN_ROW("recipient", dsn_address, recipient),
		DSN_ROW("metadata", dsn_queue, metadata),
		DSN_ROW("from", dsn_address, from),
		DSN_ROW("from_name", dsn_utf8, from_name),
		DSN_ROW("dkim", dsn_dkim, dkim_options),
		DSN_ROW("tenantid", dsn_queue, tenantid),
		DSN_ROW("jobid", dsn_queue, jobid),
		DSN_ROW("subject", dsn_utf8, subject),
		DSN_ROW("subject_prepend", dsn_utf8, subject_prepend),
		DSN_ROW("headers", dsn_fields, headers),
		DSN_ROW("readable_mimepart", dsn_mimepart,
		    readable_mimepart),
		DSN_ROW("ret", dsn_ret, ret),
		DSN_ROW("modified_original", dsn_modified,
		    modified_original),
		DSN_ROW("fields", dsn_overrides, reportingmta),
		DSN_ROW("additional_fields", dsn_fields, additional_fields),
		DSN_ROW("additional_recipient_fields", dsn_fields,
		    additional_recipient_fields),
		{ NULL, NULL, 0 }
	};
	struct spool_entry		entry = { .queue = 0 };
	struct buf			list = BUF_INIT, dkim = BUF_INIT;
	struct dsn_call			d = { .q = { .c = q->c,
					    .name = q->name, .entry = &entry,
					    .list = &list,
					    .arena = ARENA_INIT }, .r = r,
					    .order = order, .dkim = &dkim };
	enum hsl_rc			rc = dsn_table(&d, "dsn", rows, v);

	arena_free(&d.q.arena);
	buf_free(&list);
	buf_free(&dkim);
	return rc == HSL_OK ? dsn_fits(q, order) : rc;
}
