/*
 * The option dkim of a notification: with which key it is signed, and how.
 *
 * What signDKIM() has as options goes into pairs of texts: numbers in digits,
 * names of header fields joined by colons.  Whoever signs reads them.
 */
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "mime/field.h"
#include "spool/fields.h"

#include "dsn_options.h"

#define UNIX_TIME_MAX	253402300799.0	/* the year 9999 */

static enum hsl_rc
dkim_put(struct dsn_call *d, const struct dsn_row *row, struct str value)
{
	fields_list_add(d->dkim, str_of(row->name));
	fields_list_add(d->dkim, value);
	return HSL_OK;
}

/* What stands in a tag: printable, and without its end. */
static bool
dkim_is_tag(struct str s)
{
	size_t	i;

	for (i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] >= 0x7f || s.p[i] == ';')
			return false;
	return s.len > 0;
}

static enum hsl_rc
dkim_domain(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || !dkim_is_tag(s) || s.p[0] == '[' ||
	    !smtp_domain_ok(s))
		return queue_wrong(&d->q, row->name, "a domain");
	return dsn_keep(d, row, s);
}

/* It is read by who signs; here is said what is no key at all. */
static enum hsl_rc
dkim_key(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || !str_prefix(s, STR("-----BEGIN ")) ||
	    memchr(s.p, '\0', s.len) != NULL)
		return queue_wrong(&d->q, row->name, "a private key in PEM");
	return dsn_keep(d, row, s);
}

static enum hsl_rc
dkim_choice(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v, const char *one, const char *other)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || (!str_eq(s, str_of(one)) &&
	    !str_eq(s, str_of(other))))
		return hsl_throw(d->q.c, "%s: %s is %s or %s", d->q.name,
		    row->name, one, other);
	return dkim_put(d, row, s);
}

static enum hsl_rc
dkim_canonical(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	return dkim_choice(d, row, v, "relaxed", "simple");
}

static enum hsl_rc
dkim_algorithm(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	return dkim_choice(d, row, v, "rsa-sha256", "ed25519-sha256");
}

static enum hsl_rc
dkim_names(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	struct hsl_value	key, item;
	struct buf		names = BUF_INIT;
	bool			good = v.type == HSL_ARRAY;
	size_t			pos = 0;

	while (good && hsl_array_next(v, &pos, &key, &item)) {
		good = item.type == HSL_STRING &&
		    field_name_valid(hsl_value_str(item));
		if (names.len > 0)
			buf_add_byte(&names, ':');
		buf_add_str(&names, hsl_value_str(item));
	}
	if (good)
		(void)dkim_put(d, row, buf_str(&names));
	buf_free(&names);
	return good ? HSL_OK : queue_wrong(&d->q, row->name,
	    "an array of names of header fields");
}

static enum hsl_rc
dkim_seconds(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	double		n = v.type == HSL_NUMBER ? v.u.number : NAN;
	struct buf	b = BUF_INIT;

	if (!(n >= 0 && n <= UNIX_TIME_MAX))
		return queue_wrong(&d->q, row->name, "a number of seconds");
	buf_add_uint(&b, (unsigned long long)n);
	(void)dkim_put(d, row, buf_str(&b));
	buf_free(&b);
	return HSL_OK;
}

/* true is now; false, none. */
static enum hsl_rc
dkim_timestamp(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return dkim_seconds(d, row, v);
	return v.u.boolean ? dkim_seconds(d, row, hsl_number(
	    (double)(clock_wall_us() / 1000000))) : HSL_OK;
}

static enum hsl_rc
dkim_identity(struct dsn_call *d, const struct dsn_row *row,
    struct hsl_value v)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || !dkim_is_tag(s) ||
	    memchr(s.p, '@', s.len) == NULL)
		return queue_wrong(&d->q, row->name,
		    "an address, or @ and a domain");
	return dkim_put(d, row, s);
}

enum hsl_rc
dsn_dkim(struct dsn_call *d, const struct dsn_row *row, struct hsl_value v)
{
	static const struct dsn_row	rows[] = {
		DSN_ROW("selector", dkim_domain, dkim_selector),
		DSN_ROW("domain", dkim_domain, dkim_domain),
		DSN_ROW("key", dkim_key, dkim_key),
		{ "canonicalization_header", dkim_canonical, 0 },
		{ "canonicalization_body", dkim_canonical, 0 },
		{ "algorithm", dkim_algorithm, 0 },
		{ "headers", dkim_names, 0 },
		{ "additional_headers", dkim_names, 0 },
		{ "oversign_headers", dkim_names, 0 },
		{ "timestamp", dkim_timestamp, 0 },
		{ "expiration", dkim_seconds, 0 },
		{ "expiration_relative", dkim_seconds, 0 },
		{ "identity", dkim_identity, 0 },
		{ NULL, NULL, 0 }
	};
	const struct dsn_order		*o = d->order;

	if (dsn_table(d, row->name, rows, v) != HSL_OK)
		return HSL_THROW;
	if (o->dkim_selector.len == 0 || o->dkim_domain.len == 0 ||
	    o->dkim_key.len == 0)
		return queue_wrong(&d->q, row->name,
		    "an array that has selector, domain and key");
	return dsn_keep(d, row, buf_str(d->dkim));
}
