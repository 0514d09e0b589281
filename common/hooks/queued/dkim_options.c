/*
 * The option dkim of a notification: with which key it is signed, and how.
 *
 * What signDKIM() has as options goes into pairs of texts: numbers in digits,
 * names of header fields joined by colons.  The signer (mime/dkim.h) judges
 * them and the key here, while the script can still catch what is wrong; it
 * reads them again where the notification is made.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "mime/field.h"
#include "spool/fields.h"

#include "dsn_options.h"
#include "queued_private.h"

#define UNIX_TIME_MAX	99999999999.0

static enum hsl_rc
dkim_put(struct dsn_call *d, const struct dsn_row *row, struct str value)
{
	struct err	e;

	value = arena_str(&d->r->arena, value);
	if (dkim_option(&d->signature, str_of(row->name), value,
	    clock_wall_us() / 1000000, &e) == -1)
		return hsl_throw(d->q.c, "%s: %s", d->q.name, e.text);
	fields_list_add(d->dkim, str_of(row->name));
	fields_list_add(d->dkim, value);
	return HSL_OK;
}

static enum hsl_rc
dkim_text(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || s.len == 0 || !dsn_is_line(s))
		return queue_wrong(&d->q, row->name, "a text of one line");
	return dkim_put(d, row, s);
}

static enum hsl_rc
dkim_pem(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || (s.len > 0 &&
	    memchr(s.p, '\0', s.len) != NULL))
		return queue_wrong(&d->q, row->name, "a private key in PEM");
	return dsn_keep(d, row, s);
}

static enum hsl_rc
dkim_names(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		names = BUF_INIT;
	bool			good = v.type == HSL_ARRAY;
	size_t			pos = 0;
	enum hsl_rc		rc;

	while (good && hsl_array_next(v, &pos, &key, &item)) {
		good = item.type == HSL_STRING &&
		    field_name_valid(hsl_value_str(item));
		if (names.len > 0)
			buf_add_byte(&names, ':');
		buf_add_str(&names, hsl_value_str(item));
	}
	rc = good ? dkim_put(d, row, buf_str(&names)) : queue_wrong(&d->q,
	    row->name, "an array of names of header fields");
	buf_free(&names);
	return rc;
}

static enum hsl_rc
dkim_seconds(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	double		n = v.type == HSL_NUMBER ? v.u.number : NAN;
	struct buf	b = BUF_INIT;
	enum hsl_rc	rc;

	if (!(n >= 0 && n <= UNIX_TIME_MAX))
		return queue_wrong(&d->q, row->name, "a number of seconds");
	buf_add_uint(&b, (unsigned long long)n);
	rc = dkim_put(d, row, buf_str(&b));
	buf_free(&b);
	return rc;
}

static enum hsl_rc
dkim_timestamp(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return dkim_seconds(d, row, v);
	return dkim_put(d, row, v.u.boolean ? STR("true") : STR("false"));
}

/* All of it as the signer takes it. */
static enum hsl_rc
dkim_judge(struct dsn_call *d, const struct dsn_order *o)
{
	struct err	 e;
	struct dkim_key	*key = dkim_key_new(o->dkim_key, &e);
	struct dkim	*signer = NULL;

	d->signature.selector = o->dkim_selector;
	d->signature.domain = o->dkim_domain;
	if (key != NULL)
		signer = dkim_new(&d->signature, key, &e);
	if (signer == NULL)
		(void)hsl_throw(d->q.c, "%s: dkim: %s", d->q.name, e.text);
	dkim_key_free(&key);
	if (signer == NULL)
		return HSL_THROW;
	dkim_free(&signer);
	return HSL_OK;
}

enum hsl_rc
dsn_dkim(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	static const struct dsn_row	rows[] = {
		DSN_ROW("selector", dsn_line, dkim_selector),
		DSN_ROW("domain", dsn_line, dkim_domain),
		DSN_ROW("key", dkim_pem, dkim_key),
		{ "canonicalization_header", dkim_text, 0 },
		{ "canonicalization_body", dkim_text, 0 },
		{ "algorithm", dkim_text, 0 },
		{ "headers", dkim_names, 0 },
		{ "additional_headers", dkim_names, 0 },
		{ "oversign_headers", dkim_names, 0 },
		{ "timestamp", dkim_timestamp, 0 },
		{ "expiration", dkim_seconds, 0 },
		{ "expiration_relative", dkim_seconds, 0 },
		{ "identity", dkim_text, 0 },
		{ NULL, NULL, 0 }
	};

	if (dsn_table(d, row->name, rows, v) != HSL_OK ||
	    dkim_judge(d, d->order) != HSL_OK)
		return HSL_THROW;
	return dsn_keep(d, row, buf_str(d->dkim));
}
