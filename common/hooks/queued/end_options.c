/*
 * The options of the functions that end a hook of the queue's entries, all in
 * one table.  What queue() takes, too, is read by its readers
 * (mail/queue_options.c), into an entry of its own.
 */
#include <string.h>

#include "hooks/mail/queue_private.h"
#include "hooks/run/options.h"
#include "schedule/transport.h"

#include "dsn_options.h"
#include "queued_private.h"

#define REASON_MAX	255

typedef enum hsl_rc	ending_fn(struct ending_call *e, struct hsl_value v);

static enum hsl_rc
ending_flag(struct ending_call *e, const char *name, struct hsl_value v,
    bool *out)
{
	if (v.type != HSL_BOOLEAN)
		return queue_wrong(e->q, name, "a boolean");
	*out = v.u.boolean;
	return HSL_OK;
}

static enum hsl_rc
ending_hold(struct ending_call *e, struct hsl_value v)
{
	return ending_flag(e, "hold", v, &e->answer.hold);
}

static enum hsl_rc
ending_increment(struct ending_call *e, struct hsl_value v)
{
	return ending_flag(e, "increment_retry", v, &e->answer.counted);
}

static enum hsl_rc
ending_reset(struct ending_call *e, struct hsl_value v)
{
	return ending_flag(e, "reset_retry", v, &e->answer.reset);
}

static enum hsl_rc
ending_delayed(struct ending_call *e, struct hsl_value v)
{
	e->answer.has_delayed = true;
	return ending_flag(e, "dsn_delayed", v, &e->answer.delayed);
}

static enum hsl_rc
ending_delay(struct ending_call *e, struct hsl_value v)
{
	enum hsl_rc	rc = queue_option(e->q, "delay", v);

	e->answer.has_delay = true;
	e->answer.delay_ms = (int64_t)e->q->entry->delay_ms;
	return rc;
}

/* What is longer than a state's text is cut: it is for people. */
enum hsl_rc
ending_reason(struct ending_call *e, struct hsl_value v)
{
	struct buf	b = BUF_INIT;
	struct str	s;
	size_t		i;

	if (v.type != HSL_STRING && v.type != HSL_NUMBER)
		return queue_wrong(e->q, "reason", "a text");
	hsl_value_print(v, &b);
	s = buf_str(&b);
	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			buf_data(&b)[i] = ' ';
	if (b.len > REASON_MAX)
		buf_truncate(&b, REASON_MAX);
	while (b.len > 0 && !utf8_valid(buf_str(&b)) && b.len > REASON_MAX - 4)
		buf_truncate(&b, b.len - 1);
	e->answer.reason = arena_str(&e->r->arena, buf_str(&b));
	buf_free(&b);
	return HSL_OK;
}

enum hsl_rc
queued_transport(struct queue_call *q, struct queued_run *r,
    struct hsl_value v, struct str *out)
{
	const struct transports	*all = r->run.transports;
	struct str		 id = hsl_value_str(v);

	if (v.type != HSL_STRING)
		return queue_wrong(q, "transportid",
		    "the id of a transport of transport.cf");
	if (all != NULL && transports_find(all, id) == NULL)
		return hsl_throw(q->c, "%s: transportid: there is no "
		    "transport '%.*s' in transport.cf", q->name,
		    (int)(id.len < 64 ? id.len : 64), id.p);
	*out = arena_str(&r->arena, id);
	return HSL_OK;
}

static enum hsl_rc
ending_transport(struct ending_call *e, struct hsl_value v)
{
	e->answer.change.changed |= STATE_CHANGED_TRANSPORT;
	return queued_transport(e->q, e->r, v, &e->answer.change.transportid);
}

static enum hsl_rc
ending_priority(struct ending_call *e, struct hsl_value v)
{
	enum hsl_rc	rc = queue_option(e->q, "priority", v);

	e->answer.change.priority = e->q->entry->priority;
	e->answer.change.changed |= STATE_CHANGED_PRIORITY;
	return rc;
}

/* none is no change. */
static enum hsl_rc
ending_text(struct ending_call *e, const char *name, struct hsl_value v,
    const struct str *from, struct str *to)
{
	if (queue_option(e->q, name, v) != HSL_OK)
		return HSL_THROW;
	*to = arena_str(&e->r->arena, *from);
	return HSL_OK;
}

static enum hsl_rc
ending_tenantid(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_TENANT;
	return ending_text(e, "tenantid", v, &e->q->entry->tenantid,
	    &e->answer.change.tenantid);
}

static enum hsl_rc
ending_jobid(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_JOB;
	return ending_text(e, "jobid", v, &e->q->entry->jobid,
	    &e->answer.change.jobid);
}

static enum hsl_rc
ending_quotas(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_QUOTAS;
	return ending_text(e, "quotas", v, &e->q->entry->quotas,
	    &e->answer.change.quotas);
}

static enum hsl_rc
ending_dsn(struct ending_call *e, struct hsl_value v)
{
	return dsn_options(e->q, e->r, v, &e->answer.dsn);
}

#define QUEUE	(1u << QUEUED_QUEUE)
#define BOUNCE	(1u << QUEUED_BOUNCE)
#define DELETE	(1u << QUEUED_DELETE)
#define DEFAULT	(1u << QUEUED_GOES_ON)

static const struct {
	const char	*name;
	ending_fn	*read;
	unsigned	 of;
} ending_options[] = {
	{ "hold", ending_hold, QUEUE },
	{ "delay", ending_delay, QUEUE },
	{ "reason", ending_reason, QUEUE | BOUNCE | DELETE },
	{ "increment_retry", ending_increment, QUEUE },
	{ "reset_retry", ending_reset, QUEUE },
	{ "transportid", ending_transport, QUEUE },
	{ "priority", ending_priority, QUEUE },
	{ "tenantid", ending_tenantid, QUEUE },
	{ "jobid", ending_jobid, QUEUE },
	{ "quotas", ending_quotas, QUEUE },
	{ "dsn", ending_dsn, QUEUE | BOUNCE | DEFAULT },
	{ "dsn_delayed", ending_delayed, QUEUE },
};

static enum hsl_rc
ending_option(struct ending_call *e, struct str name, struct hsl_value v)
{
	size_t	i;

	for (i = 0; i < sizeof ending_options / sizeof ending_options[0]; i++)
		if (str_eq(name, str_of(ending_options[i].name)) &&
		    (ending_options[i].of & 1u << e->answer.action) != 0)
			return ending_options[i].read(e, v);
	return option_unknown(e->q->c, e->q->name, name);
}

enum hsl_rc
ending_read(struct ending_call *e, struct hsl_value options)
{
	struct hsl_value	key, v;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(e->q->c, "%s: options is an array, not %s",
		    e->q->name, hsl_type_phrase(options));
	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &v))
		rc = ending_option(e, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), v);
	return rc;
}
