/*
 * What several functions take is read by queue()'s readers
 * (mail/queue_options.c), into an entry of its own.
 */
#include <string.h>

#include "hooks/mail/queue_private.h"
#include "hooks/run/options.h"
#include "schedule/transport.h"
#include "spool/fields.h"

#include "queued_end.h"
#include "queued_private.h"

#define METADATA_MAX	(64 * 1024)
#define REASON_MAX	255

/* A call that ends the run, while its options are read. */
struct ending_call {
	struct queue_call		 q;
	struct predelivery_run		*r;
	struct predelivery_answer	 answer;
	struct spool_entry		 entry;	/* what the readers fill */
	struct buf			 list;
};

static struct predelivery_run *
queued_run(const struct hsl_call *c)
{
	return hsl_data(c->x);
}

static const struct transports *
queued_transports(const struct predelivery_run *r)
{
	return r->run.transports;
}

/* ---- Options of Queue(), Bounce(), Delete() ------------------------------ */

typedef enum hsl_rc	ending_fn(struct ending_call *e, struct hsl_value v);

static enum hsl_rc
ending_flag(struct ending_call *e, const char *name, struct hsl_value v,
    bool *out)
{
	if (v.type != HSL_BOOLEAN)
		return queue_wrong(&e->q, name, "a boolean");
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
	enum hsl_rc	rc = queue_option(&e->q, "delay", v);

	e->answer.has_delay = true;
	e->answer.delay_ms = (int64_t)e->entry.delay_ms;
	return rc;
}

/* What is longer than a state's text is cut: it is for people. */
static enum hsl_rc
ending_reason(struct ending_call *e, struct hsl_value v)
{
	struct buf	b = BUF_INIT;
	struct str	s;
	size_t		i;

	if (v.type != HSL_STRING && v.type != HSL_NUMBER)
		return queue_wrong(&e->q, "reason", "a text");
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

static enum hsl_rc
ending_transport(struct ending_call *e, struct hsl_value v)
{
	const struct transports	*all = queued_transports(e->r);
	struct str		 id = hsl_value_str(v);

	if (v.type != HSL_STRING)
		return queue_wrong(&e->q, "transportid",
		    "the id of a transport of transport.cf");
	if (all != NULL && transports_find(all, id) == NULL)
		return hsl_throw(e->q.c, "%s: transportid: there is no "
		    "transport '%.*s' in transport.cf", e->q.name,
		    (int)(id.len < 64 ? id.len : 64), id.p);
	e->answer.change.transportid = arena_str(&e->r->arena, id);
	e->answer.change.changed |= STATE_CHANGED_TRANSPORT;
	return HSL_OK;
}

static enum hsl_rc
ending_priority(struct ending_call *e, struct hsl_value v)
{
	enum hsl_rc	rc = queue_option(&e->q, "priority", v);

	e->answer.change.priority = e->entry.priority;
	e->answer.change.changed |= STATE_CHANGED_PRIORITY;
	return rc;
}

/* none is no change. */
static enum hsl_rc
ending_text(struct ending_call *e, const char *name, struct hsl_value v,
    const struct str *from, struct str *to)
{
	if (queue_option(&e->q, name, v) != HSL_OK)
		return HSL_THROW;
	*to = arena_str(&e->r->arena, *from);
	return HSL_OK;
}

static enum hsl_rc
ending_tenantid(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_TENANT;
	return ending_text(e, "tenantid", v, &e->entry.tenantid,
	    &e->answer.change.tenantid);
}

static enum hsl_rc
ending_jobid(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_JOB;
	return ending_text(e, "jobid", v, &e->entry.jobid,
	    &e->answer.change.jobid);
}

static enum hsl_rc
ending_quotas(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_NONE)
		e->answer.change.changed |= STATE_CHANGED_QUOTAS;
	return ending_text(e, "quotas", v, &e->entry.quotas,
	    &e->answer.change.quotas);
}

/* What bounces look like is not this product's yet: nobody makes them. */
static enum hsl_rc
ending_dsn(struct ending_call *e, struct hsl_value v)
{
	if (v.type != HSL_ARRAY && v.type != HSL_NONE)
		return queue_wrong(&e->q, "dsn", "an array");
	return HSL_OK;
}

static const struct {
	const char	*name;
	ending_fn	*read;
	unsigned	 of;		/* 1 << enum predelivery_action */
} ending_options[] = {
	{ "hold", ending_hold, 1 << PREDELIVERY_QUEUE },
	{ "delay", ending_delay, 1 << PREDELIVERY_QUEUE },
	{ "reason", ending_reason, 1 << PREDELIVERY_QUEUE |
	    1 << PREDELIVERY_BOUNCE | 1 << PREDELIVERY_DELETE },
	{ "increment_retry", ending_increment, 1 << PREDELIVERY_QUEUE },
	{ "reset_retry", ending_reset, 1 << PREDELIVERY_QUEUE },
	{ "transportid", ending_transport, 1 << PREDELIVERY_QUEUE },
	{ "priority", ending_priority, 1 << PREDELIVERY_QUEUE },
	{ "tenantid", ending_tenantid, 1 << PREDELIVERY_QUEUE },
	{ "jobid", ending_jobid, 1 << PREDELIVERY_QUEUE },
	{ "quotas", ending_quotas, 1 << PREDELIVERY_QUEUE },
	{ "dsn", ending_dsn, 1 << PREDELIVERY_QUEUE |
	    1 << PREDELIVERY_BOUNCE },
	{ "dsn_delayed", ending_delayed, 1 << PREDELIVERY_QUEUE },
};

static enum hsl_rc
ending_option(struct ending_call *e, struct str name, struct hsl_value v)
{
	size_t	i;

	for (i = 0; i < sizeof ending_options / sizeof ending_options[0]; i++)
		if (str_eq(name, str_of(ending_options[i].name)) &&
		    (ending_options[i].of & 1u << e->answer.action) != 0)
			return ending_options[i].read(e, v);
	return option_unknown(e->q.c, e->q.name, name);
}

static enum hsl_rc
ending_read(struct ending_call *e, struct hsl_value options)
{
	struct hsl_value	key, v;
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	if (options.type == HSL_NONE)
		return HSL_OK;
	if (options.type != HSL_ARRAY)
		return hsl_throw(e->q.c, "%s: options is an array, not %s",
		    e->q.name, hsl_type_phrase(options));
	while (rc == HSL_OK && hsl_array_next(options, &pos, &key, &v))
		rc = ending_option(e, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), v);
	return rc;
}

/* ---- Endings ------------------------------------------------------------- */

static enum hsl_rc
queued_exit(struct predelivery_run *r, const struct predelivery_answer *a)
{
	r->answer = *a;
	r->run.data.verdict.action = VERDICT_ACCEPT;
	return HSL_EXIT;
}

static enum hsl_rc
queued_end(struct hsl_call *c, const char *name,
    enum predelivery_action action)
{
	struct predelivery_run	*r = queued_run(c);
	struct ending_call	 e = { .q = { .c = c, .name = name,
				    .arena = ARENA_INIT }, .r = r,
				    .answer = { .action = action,
				    .counted = true }, .list = BUF_INIT };
	enum hsl_rc		 rc = HSL_OK;

	e.q.entry = &e.entry;
	e.q.list = &e.list;
	/* A reason alone, as Delete() takes it. */
	if (c->argc > 0 && action == PREDELIVERY_DELETE &&
	    c->argv[0].type == HSL_STRING)
		rc = ending_reason(&e, c->argv[0]);
	else if (c->argc > 0)
		rc = ending_read(&e, c->argv[0]);
	arena_free(&e.q.arena);
	buf_free(&e.list);
	return rc == HSL_OK ? queued_exit(r, &e.answer) : rc;
}

enum hsl_rc
terminate_queue(struct hsl_call *c)
{
	return queued_end(c, "Queue", PREDELIVERY_QUEUE);
}

enum hsl_rc
terminate_bounce(struct hsl_call *c)
{
	return queued_end(c, "Bounce", PREDELIVERY_BOUNCE);
}

enum hsl_rc
terminate_delete(struct hsl_call *c)
{
	return queued_end(c, "Delete", PREDELIVERY_DELETE);
}

/* As long as it is read here, it is not too long for who keeps it. */
static enum hsl_rc
try_fits(struct hsl_call *c, const struct wish *w)
{
	struct buf	b = BUF_INIT;
	int		rc = wish_put(&b, w);

	if (b.mem != NULL)
		explicit_bzero(b.mem, b.cap);
	buf_free(&b);
	return rc == 0 ? HSL_OK : hsl_throw(c, "Try: the options are more "
	    "than %d bytes", WISH_BYTES_MAX);
}

enum hsl_rc
terminate_try(struct hsl_call *c)
{
	struct predelivery_run		*r = queued_run(c);
	struct predelivery_answer	 a = { .action = PREDELIVERY_TRY };
	struct try_call			 t = { .c = c, .wish = &a.wish,
					    .arena = &r->arena,
					    .transports =
					    queued_transports(r) };
	struct err			 e;

	if (c->argc > 0 && (try_options(&t, c->argv[0]) != HSL_OK ||
	    try_fits(c, &a.wish) != HSL_OK))
		return HSL_THROW;
	if (predelivery_keep_context(r, &e) == -1)
		return hsl_throw(c, "Try: %s", e.text);
	a.context = r->answer.context;
	return queued_exit(r, &a);
}

/* ---- Metadata ------------------------------------------------------------ */

/* As it is now. */
static struct str
queued_metadata(const struct predelivery_run *r)
{
	return r->has_metadata ? r->metadata : r->rq.entry->metadata;
}

/* The product's own stays. */
static void
metadata_own(struct buf *out, struct str pairs)
{
	struct str	key, value;

	while (fields_list_next(&pairs, &key) == 0 &&
	    fields_list_next(&pairs, &value) == 0)
		if (key.len > 0 && key.p[0] == '_') {
			fields_list_add(out, key);
			fields_list_add(out, value);
		}
}

enum hsl_rc
queued_set_metadata(struct hsl_call *c)
{
	struct predelivery_run	*r = queued_run(c);
	struct spool_entry	 entry = { .queue = 0 };
	struct buf		 list = BUF_INIT, all = BUF_INIT;
	struct queue_call	 q = { .c = c, .name = "SetMetaData",
				    .entry = &entry, .list = &list,
				    .arena = ARENA_INIT };
	enum hsl_rc		 rc;

	rc = c->argv[0].type != HSL_ARRAY ? queue_wrong(&q, "metadata",
	    "an array of texts by texts") :
	    queue_option(&q, "metadata", c->argv[0]);
	metadata_own(&all, queued_metadata(r));
	buf_add_str(&all, entry.metadata);
	if (rc == HSL_OK && all.len > METADATA_MAX)
		rc = hsl_throw(c, "SetMetaData: metadata is more than %d "
		    "bytes", METADATA_MAX);
	if (rc == HSL_OK) {
		r->metadata = arena_str(&r->arena, buf_str(&all));
		r->has_metadata = true;
	}
	arena_free(&q.arena);
	buf_free(&list);
	buf_free(&all);
	return rc;
}

enum hsl_rc
queued_get_metadata(struct hsl_call *c)
{
	*c->ret = queued_pairs(c->x, queued_metadata(queued_run(c)));
	return HSL_OK;
}
