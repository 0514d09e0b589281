/*
 * Try(): every option there is stands in one table.  Most are a value of the
 * wish by the same name; the check of that value is the wish's own.
 */
#include <math.h>
#include <string.h>

#include "hooks/run/options.h"

#include "queued_private.h"

enum hsl_rc
try_wrong(struct try_call *t, const char *wanted)
{
	return hsl_throw(t->c, "Try: %s is %s", t->name, wanted);
}

enum hsl_rc
try_set(struct try_call *t, enum wish_id id, struct str value)
{
	struct err	e;

	if (wish_set(t->wish, id, value, &e) == 0)
		return HSL_OK;
	return hsl_throw(t->c, "Try: %s", e.text);
}

struct str
try_keep(struct try_call *t, struct buf *b)
{
	struct str	s = arena_str(t->arena, buf_str(b));

	buf_free(b);
	return s;
}

/* ---- Values of the wish -------------------------------------------------- */

static enum hsl_rc
try_set_option(struct try_call *t, enum transport_option o, struct str value)
{
	struct err	e;

	if (wish_set_option(t->wish, o, value, &e) == 0)
		return HSL_OK;
	return hsl_throw(t->c, "Try: %s: %s", t->name, e.text);
}

static enum hsl_rc
try_text(struct try_call *t, struct hsl_value v)
{
	if (v.type != HSL_STRING)
		return try_wrong(t, "a text");
	return try_set(t, wish_find(str_of(t->name)), arena_str(t->arena,
	    hsl_value_str(v)));
}

static enum hsl_rc
try_number(struct try_call *t, struct hsl_value v, struct str *out)
{
	double		n = v.type == HSL_NUMBER ? v.u.number : NAN;
	struct buf	b = BUF_INIT;

	if (!(n >= 0 && n <= 1000000) || n != trunc(n))
		return try_wrong(t, "a whole number");
	buf_add_uint(&b, (unsigned long long)n);
	*out = try_keep(t, &b);
	return HSL_OK;
}

static enum hsl_rc
try_port(struct try_call *t, struct hsl_value v)
{
	struct str	n;
	enum hsl_rc	rc = try_number(t, v, &n);

	return rc == HSL_OK ? try_set(t, WISH_port, n) : rc;
}

static enum hsl_rc
try_recipients(struct try_call *t, struct hsl_value v)
{
	struct str	n;
	enum hsl_rc	rc = try_number(t, v, &n);

	return rc == HSL_OK ? try_set_option(t, TRANSPORT_recipients, n) : rc;
}

static enum hsl_rc
try_flag(struct try_call *t, struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return try_wrong(t, "true or false");
	return try_set(t, wish_find(str_of(t->name)), v.u.boolean ?
	    STR("yes") : STR("no"));
}

/* ---- Options of the transport -------------------------------------------- */

static enum hsl_rc
try_option_text(struct try_call *t, struct hsl_value v)
{
	if (v.type != HSL_STRING)
		return try_wrong(t, "a text");
	return try_set_option(t, transport_option_find(str_of(t->name)),
	    arena_str(t->arena, hsl_value_str(v)));
}

static enum hsl_rc
try_option_flag(struct try_call *t, struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return try_wrong(t, "true or false");
	return try_set_option(t, transport_option_find(str_of(t->name)),
	    v.u.boolean ? STR("yes") : STR("no"));
}

/* true is the name of the host. */
static enum hsl_rc
try_sni(struct try_call *t, struct hsl_value v)
{
	return v.type == HSL_STRING ? try_option_text(t, v) :
	    try_option_flag(t, v);
}

static enum hsl_rc
try_random(struct try_call *t, struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return try_wrong(t, "true or false");
	return try_set_option(t, TRANSPORT_source_order, v.u.boolean ?
	    STR("random") : STR("strict"));
}

static enum hsl_rc
try_connect_timeout(struct try_call *t, struct hsl_value v)
{
	double		n = v.type == HSL_NUMBER ? v.u.number : NAN;
	struct buf	b = BUF_INIT;

	if (!(n >= 1 && n <= 3600))
		return try_wrong(t, "a number of seconds from 1 to 3600");
	buf_printf(&b, "%lldms", (long long)(n * 1000));
	return try_set_option(t, TRANSPORT_timeout_connect, try_keep(t, &b));
}

static enum hsl_rc
try_plugin(struct try_call *t, struct hsl_value v)
{
	(void)v;
	return hsl_throw(t->c, "Try: plugin: there are no plugins for "
	    "delivery");
}

/* ---- The table ----------------------------------------------------------- */

static const struct {
	const char	*name;
	try_read	*read;
} try_rows[] = {
	{ "host", try_text },
	{ "port", try_port },
	{ "protocol", try_text },
	{ "sender", try_sender },
	{ "recipient", try_recipient },
	{ "helo", try_option_text },
	{ "sourceip", try_sourceip },
	{ "sourceip_random", try_random },
	{ "nonlocal_source", try_flag },
	{ "proxyprotocol", try_proxyprotocol },
	{ "mx_include", try_mx_include },
	{ "mx_exclude", try_mx_exclude },
	{ "ip_include", try_ip_include },
	{ "ip_exclude", try_ip_exclude },
	{ "saslusername", try_option_text },
	{ "saslpassword", try_text },
	{ "xclient", try_xclient },
	{ "tls", try_option_text },
	{ "tls_sni", try_sni },
	{ "tls_protocols", try_option_text },
	{ "tls_ciphers", try_option_text },
	{ "tls_verify_host", try_option_flag },
	{ "tls_verify_name", try_names },
	{ "tls_default_ca", try_option_flag },
	{ "tls_client_cert", try_option_text },
	{ "chunking", try_option_flag },
	{ "pooling", try_option_flag },
	{ "timeout", try_timeout },
	{ "connect_timeout", try_connect_timeout },
	{ "recipients", try_recipients },
	{ "tenantid", try_text },
	{ "jobid", try_text },
	{ "dsn", try_dsn },
	{ "plugin", try_plugin },
};

/* none is as if it were not there. */
static enum hsl_rc
try_option(struct try_call *t, struct str name, struct hsl_value v)
{
	size_t	i;

	for (i = 0; i < sizeof try_rows / sizeof try_rows[0]; i++) {
		if (!str_eq(name, str_of(try_rows[i].name)))
			continue;
		t->name = try_rows[i].name;
		return v.type == HSL_NONE ? HSL_OK : try_rows[i].read(t, v);
	}
	return option_unknown(t->c, "Try", name);
}

static enum hsl_rc
try_complete(struct try_call *t)
{
	if ((t->wish->option[TRANSPORT_saslusername].p == NULL) !=
	    (t->wish->of[WISH_saslpassword].p == NULL))
		return hsl_throw(t->c, "Try: saslusername and saslpassword go "
		    "together");
	return HSL_OK;
}

enum hsl_rc
try_options(struct try_call *t, struct hsl_value options)
{
	struct hsl_value	key, v;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(t->c, "Try: options is an array, not %s",
		    hsl_type_phrase(options));
	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &v))
		rc = try_option(t, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), v);
	return rc == HSL_OK ? try_complete(t) : rc;
}
