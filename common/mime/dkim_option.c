/*
 * The options of a signature by the names that scripts know them by.
 */
#include <string.h>

#include "dkim.h"

static int
dkim_option_canon(struct str value, enum dkim_canon *kind, struct err *e)
{
	if (str_eq(value, STR("simple")))
		*kind = DKIM_SIMPLE;
	else if (str_eq(value, STR("relaxed")))
		*kind = DKIM_RELAXED;
	else
		return err_set(e, "neither relaxed nor simple");
	return 0;
}

static int
dkim_option_algorithm(struct str value, enum dkim_algorithm *a,
    struct err *e)
{
	if (str_eq(value, STR("rsa-sha256")))
		*a = DKIM_RSA_SHA256;
	else if (str_eq(value, STR("ed25519-sha256")))
		*a = DKIM_ED25519_SHA256;
	else
		return err_set(e, "neither rsa-sha256 nor ed25519-sha256");
	return 0;
}

static bool
dkim_option_false(struct str value)
{
	return value.len == 0 || str_eq(value, STR("false"));
}

static int
dkim_option_time(struct str value, int64_t *time, struct err *e)
{
	uint64_t	n;

	if (str_uint(value, 99999999999, &n) == -1)
		return err_set(e, "not a number of seconds");
	*time = (int64_t)n;
	return 0;
}

static int
dkim_option_stamp(struct dkim_options *o, struct str value, int64_t now,
    struct err *e)
{
	if (dkim_option_false(value))
		o->timestamp = 0;
	else if (str_eq(value, STR("true")))
		o->timestamp = now;
	else
		return dkim_option_time(value, &o->timestamp, e);
	return 0;
}

/* Texts that are borrowed as they are; NULL: it is none of them. */
static struct str *
dkim_option_text(struct dkim_options *o, struct str name)
{
	if (str_eq(name, STR("headers")))
		return &o->headers;
	if (str_eq(name, STR("additional_headers")))
		return &o->additional_headers;
	if (str_eq(name, STR("oversign_headers")))
		return &o->oversign_headers;
	return str_eq(name, STR("identity")) ? &o->identity : NULL;
}

int
dkim_option(struct dkim_options *o, struct str name, struct str value,
    int64_t now, struct err *e)
{
	struct str	*text = dkim_option_text(o, name);
	int		 rc;

	o->now = now;
	if (text != NULL) {
		*text = value;
		o->oversign_given |= text == &o->oversign_headers;
		return 0;
	}
	if (str_eq(name, STR("canonicalization_header")))
		rc = dkim_option_canon(value, &o->header, e);
	else if (str_eq(name, STR("canonicalization_body")))
		rc = dkim_option_canon(value, &o->body, e);
	else if (str_eq(name, STR("algorithm")))
		rc = dkim_option_algorithm(value, &o->algorithm, e);
	else if (str_eq(name, STR("timestamp")))
		rc = dkim_option_stamp(o, value, now, e);
	else if (str_eq(name, STR("expiration")))
		rc = dkim_option_time(value, &o->expiration, e);
	else if (str_eq(name, STR("expiration_relative")))
		rc = dkim_option_time(value, &o->relative, e);
	else	/* what does nothing where it is false: id, return_header */
		rc = dkim_option_false(value) ? 0 :
		    err_set(e, "there is no such option");
	if (rc == -1)
		(void)err_wrap(e, "%.*s", (int)(name.len < 64 ? name.len :
		    64), name.len != 0 ? name.p : "");
	return rc;
}
