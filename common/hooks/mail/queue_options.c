/*
 * The options of queue(): each is read by a function of its row, which says
 * what it wants where the script gave something else.
 */
#include <math.h>
#include <string.h>

#include "hooks/run/options.h"
#include "queue_private.h"
#include "spool/fields.h"

#define METADATA_KEY_MAX	64
#define METADATA_MAX		(64 * 1024)
#define QUEUE_ID_MAX		255

/* ---- Options ------------------------------------------------------------- */

enum hsl_rc
queue_wrong(struct queue_call *q, const char *name, const char *wanted)
{
	return hsl_throw(q->c, "%s: %s is %s", q->name, name, wanted);
}

static enum hsl_rc
queue_flag_hold(struct queue_call *q, struct hsl_value v)
{
	if (v.type != HSL_BOOLEAN)
		return queue_wrong(q, "hold", "a boolean");
	if (hsl_value_true(v))
		q->entry->flags |= ENTRY_HOLD;
	return HSL_OK;
}

/* A number of something, from `least` to `most`. */
static enum hsl_rc
queue_number(struct queue_call *q, const char *name, struct hsl_value v,
    double most, double *n)
{
	double	x = v.type == HSL_NUMBER ? hsl_value_number(v, -1) : NAN;

	if (!(x >= 0 && x <= most))
		return hsl_throw(q->c, "%s: %s is a number from 0 to %.0f",
		    q->name,
		    name, most);
	*n = x;
	return HSL_OK;
}

static enum hsl_rc
queue_delay(struct queue_call *q, struct hsl_value v)
{
	double	s = 0;

	if (queue_number(q, "delay", v, 10 * 365 * 86400.0, &s) != HSL_OK)
		return HSL_THROW;
	q->entry->delay_ms = (uint64_t)(s * 1000);
	return HSL_OK;
}

static enum hsl_rc
queue_useful_until(struct queue_call *q, struct hsl_value v)
{
	double	s = 0;

	if (queue_number(q, "useful_until", v, 253402300799.0, &s) != HSL_OK)
		return HSL_THROW;
	q->entry->useful_until = (uint64_t)s;
	return HSL_OK;
}

static enum hsl_rc
queue_priority(struct queue_call *q, struct hsl_value v)
{
	double	n = v.type == HSL_NUMBER ? hsl_value_number(v, -1) : -1;

	if (n != 0 && n != 1)
		return queue_wrong(q, "priority", "0 or 1");
	q->entry->priority = (uint64_t)n;
	return HSL_OK;
}

/* A text without NUL of at most so many bytes; none is no text. */
static enum hsl_rc
queue_text(struct queue_call *q, const char *name, struct hsl_value v,
    size_t most, struct str *out)
{
	struct str	s;

	if (v.type == HSL_NONE)
		return HSL_OK;
	if (v.type != HSL_STRING)
		return queue_wrong(q, name, "text");
	s = hsl_value_str(v);
	if (s.len > most || (s.len > 0 && memchr(s.p, '\0', s.len) != NULL))
		return hsl_throw(q->c, "%s: %s is text without NUL of at "
		    "most %zu bytes", q->name, name, most);
	*out = s;
	return HSL_OK;
}

static enum hsl_rc
queue_tenantid(struct queue_call *q, struct hsl_value v)
{
	return queue_text(q, "tenantid", v, QUEUE_ID_MAX,
	    &q->entry->tenantid);
}

static enum hsl_rc
queue_jobid(struct queue_call *q, struct hsl_value v)
{
	return queue_text(q, "jobid", v, QUEUE_ID_MAX, &q->entry->jobid);
}

/* What is in the list so far, to stay until the entry is written. */
static struct str
queue_keep_list(struct queue_call *q)
{
	struct buf	*list = q->list;
	struct str	 kept = arena_str(&q->arena, buf_str(list));

	buf_clear(list);
	return kept;
}

static enum hsl_rc
queue_metadata_pair(struct queue_call *q, struct hsl_value key,
    struct hsl_value value)
{
	struct str	k, v = STR_NONE;

	if (key.type != HSL_STRING || value.type != HSL_STRING)
		return queue_wrong(q, "metadata",
		    "an array of texts by texts");
	k = hsl_value_str(key);
	if (k.len > 0 && k.p[0] == '_')
		return hsl_throw(q->c, "%s: keys of metadata that begin "
		    "with _ are reserved", q->name);
	if (k.len == 0 || k.len > METADATA_KEY_MAX)
		return hsl_throw(q->c, "%s: a key of metadata has 1 to %d "
		    "bytes", q->name, METADATA_KEY_MAX);
	if (queue_text(q, "metadata", value, METADATA_MAX, &v) != HSL_OK ||
	    queue_text(q, "metadata", key, METADATA_KEY_MAX, &k) != HSL_OK)
		return HSL_THROW;
	fields_list_add(q->list, k);
	fields_list_add(q->list, v);
	if (q->list->len > METADATA_MAX)
		return hsl_throw(q->c, "%s: metadata is more than %d bytes",
		    q->name,
		    METADATA_MAX);
	return HSL_OK;
}

static enum hsl_rc
queue_metadata(struct queue_call *q, struct hsl_value list)
{
	struct hsl_value	key, value;
	size_t			pos = 0;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return queue_wrong(q, "metadata",
		    "an array of texts by texts");
	while (hsl_array_next(list, &pos, &key, &value)) {
		if (queue_metadata_pair(q, key, value) != HSL_OK)
			return HSL_THROW;
	}
	q->entry->metadata = queue_keep_list(q);
	return HSL_OK;
}

/* A name that is there twice counts once. */
static bool
queue_list_has(const struct buf *list, struct str name)
{
	struct str	rest = buf_str(list), item;

	while (fields_list_next(&rest, &item) == 0) {
		if (str_eq(item, name))
			return true;
	}
	return false;
}

static enum hsl_rc
queue_quotas(struct queue_call *q, struct hsl_value list)
{
	struct hsl_value	key, value;
	struct str		name;
	size_t			pos = 0;

	if (list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return queue_wrong(q, "quotas", "an array of texts");
	while (hsl_array_next(list, &pos, &key, &value)) {
		name = STR_NONE;
		if (value.type != HSL_STRING)
			return queue_wrong(q, "quotas", "an array of texts");
		if (queue_text(q, "a name of quotas", value, QUEUE_ID_MAX,
		    &name) != HSL_OK)
			return HSL_THROW;
		if (!hsl_charge(q->c->x, q->list->len / 64))
			return HSL_THROW;
		if (!queue_list_has(q->list, name))
			fields_list_add(q->list, name);
	}
	if (q->list->len > METADATA_MAX)
		return hsl_throw(q->c, "%s: quotas are more than %d bytes",
		    q->name,
		    METADATA_MAX);
	q->entry->quotas = queue_keep_list(q);
	return HSL_OK;
}

/* ---- DSN (RFC 3461) ------------------------------------------------------ */

static enum hsl_rc
queue_notify_word(struct queue_call *q, struct hsl_value v)
{
	unsigned	notify;

	if (v.type != HSL_STRING ||
	    smtp_notify_parse(&notify, hsl_value_str(v)) == -1)
		return queue_wrong(q, "dsn.notify",
		    "NEVER, or of SUCCESS, FAILURE and DELAY");
	q->entry->dsn_notify |= notify;
	return HSL_OK;
}

/* "SUCCESS,FAILURE", or an array of such words. */
static enum hsl_rc
queue_dsn_notify(struct queue_call *q, struct hsl_value v)
{
	struct hsl_value	key, word;
	size_t			pos = 0;

	if (v.type == HSL_NONE ||
	    (v.type == HSL_STRING && hsl_value_str(v).len == 0))
		return HSL_OK;
	q->entry->dsn_notify = 0;
	if (v.type != HSL_ARRAY)
		return queue_notify_word(q, v);
	while (hsl_array_next(v, &pos, &key, &word)) {
		if (queue_notify_word(q, word) != HSL_OK)
			return HSL_THROW;
	}
	if ((q->entry->dsn_notify & ENTRY_NOTIFY_NEVER) != 0 &&
	    q->entry->dsn_notify != ENTRY_NOTIFY_NEVER)
		return queue_wrong(q, "dsn.notify",
		    "NEVER, or of SUCCESS, FAILURE and DELAY");
	return HSL_OK;
}

static enum hsl_rc
queue_dsn_ret(struct queue_call *q, struct hsl_value v)
{
	struct str	s = v.type == HSL_STRING ? hsl_value_str(v) :
			    STR_NONE;

	if (v.type == HSL_NONE || (v.type == HSL_STRING && s.len == 0))
		return HSL_OK;
	if (str_caseeq(s, STR("FULL")))
		q->entry->dsn_ret = ENTRY_RET_FULL;
	else if (str_caseeq(s, STR("HDRS")))
		q->entry->dsn_ret = ENTRY_RET_HDRS;
	else
		return queue_wrong(q, "dsn.ret", "FULL or HDRS");
	return HSL_OK;
}

static enum hsl_rc
queue_dsn(struct queue_call *q, struct hsl_value v)
{
	struct str	s = STR_NONE;

	if (v.type == HSL_NONE)
		return HSL_OK;
	if (v.type != HSL_ARRAY)
		return queue_wrong(q, "dsn", "an array");
	if (queue_text(q, "dsn.envid", hsl_array_get(v, "envid"), 100,
	    &s) != HSL_OK)
		return HSL_THROW;
	if (s.len > 0)
		q->entry->dsn_envid = s;
	s = STR_NONE;
	if (queue_text(q, "dsn.orcpt", hsl_array_get(v, "orcpt"), 500,
	    &s) != HSL_OK)
		return HSL_THROW;
	if (s.len > 0)
		q->entry->dsn_orcpt = s;
	if (queue_dsn_ret(q, hsl_array_get(v, "ret")) != HSL_OK)
		return HSL_THROW;
	return queue_dsn_notify(q, hsl_array_get(v, "notify"));
}

static const struct queue_row {
	const char	*name;
	enum hsl_rc	(*read)(struct queue_call *q, struct hsl_value v);
} queue_rows[] = {
	{ "hold", queue_flag_hold }, { "delay", queue_delay },
	{ "metadata", queue_metadata }, { "priority", queue_priority },
	{ "tenantid", queue_tenantid }, { "jobid", queue_jobid },
	{ "quotas", queue_quotas }, { "dsn", queue_dsn },
	{ "useful_until", queue_useful_until },
};

static const struct queue_row *
queue_row(struct str name)
{
	size_t	i;

	for (i = 0; i < sizeof queue_rows / sizeof queue_rows[0]; i++)
		if (str_eq(name, str_of(queue_rows[i].name)))
			return &queue_rows[i];
	return NULL;
}

enum hsl_rc
queue_option(struct queue_call *q, const char *name, struct hsl_value v)
{
	return queue_row(str_of(name))->read(q, v);
}

enum hsl_rc
queue_options(struct queue_call *q, struct hsl_value options)
{
	const struct queue_row	*row;
	struct hsl_value	 key, value;
	struct str		 name;
	size_t			 pos = 0;
	enum hsl_rc		 rc = HSL_OK;

	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &value)) {
		name = key.type == HSL_STRING ? hsl_value_str(key) : STR("");
		row = queue_row(name);
		rc = row != NULL ? row->read(q, value) :
		    option_unknown(q->c, q->name, name);
	}
	return rc;
}
