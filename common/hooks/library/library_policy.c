/*
 * queue_policy(), queue_policy_delete(), queue_suspend(): what qmgr(8) does
 * with mail, changed for a time.  Values become text as policy.cf has it, and
 * are read as that is.
 */
#include <math.h>
#include <string.h>

#include "base/arena.h"
#include "schedule/policy_ask.h"
#include "schedule/policy_wire.h"

#include "library_share.h"

#define CHARGE		100
#define WAIT_MS		10000
#define TTL_MAX_S	(10 * 366 * 86400.0)
#define PAIRS_MAX	100	/* of an array; there are no more names */

static const struct library_asked	live_asked = {
	.of_quotas = true,
	.absent = "there is no queue: master.cf needs a row for qmgr.sock",
	.late = "qmgr does not answer",
	.most_ms = WAIT_MS,
};

/* One call, until it is asked. */
struct live_call {
	struct hsl_call		*c;
	const char		*name;		/* "queue_policy()" */
	const char		*on_name;	/* "condition" */
	struct arena		 arena;
	struct buf		 text;
	struct policy_ask	 ask;
	struct policy_values	 on;
	unsigned		 fields;
	int64_t			 ttl_ms;
	bool			 keep;
	struct str		 id, type;
};

/* ---- Values as text ------------------------------------------------------ */

static enum hsl_rc
live_wrong(struct live_call *l, const char *where, const char *what)
{
	return hsl_throw(l->c, "%s: %s: %s", l->name, where, what);
}

/* What is in l->text, to stay. */
static struct str
live_kept(struct live_call *l)
{
	struct str	kept = arena_str(&l->arena, buf_str(&l->text));

	buf_clear(&l->text);
	return kept;
}

static bool
live_plain(struct hsl_value v)
{
	return v.type == HSL_STRING || v.type == HSL_NUMBER ||
	    v.type == HSL_BOOLEAN;
}

/* A number in thousandths at most, as rates and times have. */
static void
live_put_number(struct buf *out, struct hsl_value v)
{
	double	n = hsl_value_number(v, 0);

	if (v.type != HSL_NUMBER || n == floor(n) || !isfinite(n))
		hsl_value_print(v, out);
	else
		buf_printf(out, "%.3f", n);
}

/* Seconds; of a number with a fraction, in milliseconds. */
static void
live_put_time(struct buf *out, struct hsl_value v)
{
	double	s = hsl_value_number(v, 0);

	if (v.type == HSL_NUMBER && s >= 0 && s < 1e9 && s != floor(s))
		buf_printf(out, "%.0fms", s * 1000);
	else
		hsl_value_print(v, out);
}

/* [messages, seconds] */
static bool
live_put_pair(struct buf *out, struct hsl_value v)
{
	struct hsl_value	n = hsl_array_at(v, 0);
	struct hsl_value	s = hsl_array_at(v, 1);

	if (hsl_array_count(v) != 2 || !live_plain(n) || !live_plain(s))
		return false;
	live_put_number(out, n);
	buf_add_byte(out, '/');
	live_put_time(out, s);
	return true;
}

/* As a row of policy.cf would say it; false: nothing could. */
static bool
live_put_option(struct buf *out, enum policy_option o, struct hsl_value v)
{
	if (v.type == HSL_ARRAY)
		return o == POLICY_rate && live_put_pair(out, v);
	if (!live_plain(v))
		return false;
	if (v.type == HSL_BOOLEAN)
		buf_add_text(out, hsl_value_true(v) ? "yes" : "no");
	else if (o == POLICY_rate)
		live_put_number(out, v);
	else if (o == POLICY_connectinterval)
		live_put_time(out, v);
	else
		hsl_value_print(v, out);
	return true;
}

/* ---- Arrays -------------------------------------------------------------- */

typedef enum hsl_rc	live_pair_fn(struct live_call *l, struct str key,
			    struct hsl_value v);

/* Each pair of an array by names; what is none is not there. */
static enum hsl_rc
live_each(struct live_call *l, const char *where, struct hsl_value array,
    live_pair_fn *fn)
{
	struct hsl_value	key, v;
	size_t			pos = 0;

	if (array.type == HSL_NONE)
		return HSL_OK;
	if (array.type != HSL_ARRAY)
		return live_wrong(l, where, "an array is expected");
	if (hsl_array_count(array) > PAIRS_MAX)
		return live_wrong(l, where, "there are too many of them");
	while (hsl_array_next(array, &pos, &key, &v)) {
		if (key.type != HSL_STRING)
			return live_wrong(l, where, "not by names");
		if (v.type != HSL_NONE &&
		    fn(l, hsl_value_str(key), v) != HSL_OK)
			return HSL_THROW;
	}
	return HSL_OK;
}

static enum hsl_rc
live_condition(struct live_call *l, struct str key, struct hsl_value v)
{
	struct err	e;

	if (v.type != HSL_STRING && v.type != HSL_NUMBER)
		return live_wrong(l, l->on_name,
		    "a value is text or a number");
	hsl_value_print(v, &l->text);
	if (policy_ask_value(&l->on, key, live_kept(l), &e) == -1)
		return live_wrong(l, l->on_name, e.text);
	return HSL_OK;
}

static enum hsl_rc
live_property(struct live_call *l, struct str key, struct hsl_value v)
{
	struct err	e;

	if (!live_plain(v))
		return live_wrong(l, "properties",
		    "a value is text, a number or a boolean");
	hsl_value_print(v, &l->text);
	if (policy_ask_property(&l->ask, key, live_kept(l), &e) == -1)
		return live_wrong(l, "properties", e.text);
	return HSL_OK;
}

static enum hsl_rc
live_named(struct live_call *l, const char *where, int row, struct str key,
    struct hsl_value v)
{
	enum policy_option	o;
	struct err		e;

	if (str_eq(key, STR("properties")))
		return live_each(l, "properties", v, live_property);
	if ((o = policy_ask_find(key, row, &e)) == POLICY_OPTIONS)
		return live_wrong(l, where, e.text);
	if (!live_put_option(&l->text, o, v)) {
		(void)err_set(&e, "%s can't be %s", policy_option_name(o),
		    hsl_type_phrase(v));
		return live_wrong(l, where, e.text);
	}
	if (policy_ask_option(&l->ask, o, live_kept(l), &e) == -1)
		return live_wrong(l, where, e.text);
	return HSL_OK;
}

static enum hsl_rc
live_limit(struct live_call *l, struct str key, struct hsl_value v)
{
	return live_named(l, "policy", POLICY_ROW_IF, key, v);
}

/* id and type are text that a C string can be. */
static enum hsl_rc
live_text(struct live_call *l, const char *name, struct hsl_value v,
    struct str *out)
{
	struct str	s = hsl_value_str(v);

	if (v.type != HSL_STRING || s.len == 0 ||
	    memchr(s.p, '\0', s.len) != NULL) {
		(void)live_wrong(l, name, "text without NUL is expected");
		return HSL_THROW;
	}
	*out = s;
	return HSL_OK;
}

/* What queue_policy() and queue_suspend() both take; false: it is none. */
static bool
live_common_option(struct live_call *l, struct str key, struct hsl_value v,
    enum hsl_rc *rc)
{
	*rc = HSL_OK;
	if (str_eq(key, STR("id"))) {
		*rc = live_text(l, "id", v, &l->id);
		return true;
	}
	if (!str_eq(key, STR("update")))
		return false;
	if (v.type != HSL_BOOLEAN)
		*rc = live_wrong(l, "update", "a boolean is expected");
	l->keep = !hsl_value_true(v);
	return true;
}

static enum hsl_rc
live_policy_option(struct live_call *l, struct str key, struct hsl_value v)
{
	enum hsl_rc	rc;

	if (live_common_option(l, key, v, &rc))
		return rc;
	if (str_eq(key, STR("type")))
		return live_text(l, "type", v, &l->type);
	return live_wrong(l, "options", "they are id, type and update");
}

static enum hsl_rc
live_suspend_option(struct live_call *l, struct str key, struct hsl_value v)
{
	enum hsl_rc	rc;

	if (live_common_option(l, key, v, &rc))
		return rc;
	if (!str_eq(key, STR("tag")) && !str_eq(key, STR("properties")))
		return live_wrong(l, "options",
		    "they are id, tag, properties and update");
	return live_named(l, "options", POLICY_ROW_SUSPEND, key, v);
}

/* A list of names. */
static enum hsl_rc
live_fields(struct live_call *l, struct hsl_value list)
{
	enum policy_field	f;
	struct hsl_value	key, v;
	struct err		e;
	size_t			pos = 0;

	if (list.type != HSL_ARRAY) {
		(void)hsl_arg_wrong(l->c, 0, "array");
		return HSL_THROW;
	}
	if (hsl_array_count(list) > PAIRS_MAX)
		return live_wrong(l, "fields", "there are too many of them");
	while (hsl_array_next(list, &pos, &key, &v)) {
		if (v.type != HSL_STRING)
			return live_wrong(l, "fields", "a list of names is "
			    "expected");
		if (policy_ask_field(hsl_value_str(v), &f, &e) == -1)
			return live_wrong(l, "fields", e.text);
		l->fields |= POLICY_BIT(f);
	}
	return HSL_OK;
}

static enum hsl_rc
live_array(struct live_call *l, int arg, const char *where, live_pair_fn *fn)
{
	struct hsl_value	v = l->c->argv[arg];

	if (fn == live_condition)
		l->on_name = where;
	if (v.type == HSL_ARRAY)
		return live_each(l, where, v, fn);
	(void)hsl_arg_wrong(l->c, arg, "array");
	return HSL_THROW;
}

static enum hsl_rc
live_ttl(struct live_call *l, int arg)
{
	double	s;

	if (!hsl_arg_number(l->c, arg, &s))
		return HSL_THROW;
	if (!(s >= 0 && s <= TTL_MAX_S))
		return live_wrong(l, "ttl", "not a number of seconds, or "
		    "more than ten years");
	l->ttl_ms = (int64_t)ceil(s * 1000);
	return HSL_OK;
}

static enum hsl_rc
live_options(struct live_call *l, int arg, live_pair_fn *fn)
{
	if (l->c->argc <= arg)
		return HSL_OK;
	if (!hsl_arg_options(l->c, arg))
		return HSL_THROW;
	return live_each(l, "options", l->c->argv[arg], fn);
}

/* ---- Asking -------------------------------------------------------------- */

static bool
live_begin(struct live_call *l, struct hsl_call *c, const char *name)
{
	*l = (struct live_call){ .c = c, .name = name, .arena = ARENA_INIT,
	    .text = BUF_INIT };
	policy_ask_init(&l->ask);
	if (library_of(c->x)->host.quotas == NULL) {
		(void)hsl_throw(c, "%s: there is no queue here", name);
		return false;
	}
	return hsl_charge(c->x, CHARGE);
}

static void
live_end(struct live_call *l)
{
	arena_free(&l->arena);
	buf_free(&l->text);
}

static struct hsl_value
reply_id(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	struct hsl_value	v;

	if (a->status == SHARE_NO)
		return hsl_none();
	if (a->status != SHARE_OK) {
		*wrong = a->value.p;
		return hsl_none();
	}
	v = hsl_array(x);
	hsl_array_set(x, v, "id", hsl_string(x, a->value));
	return v;
}

static struct hsl_value
reply_gone(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	(void)x;
	if (a->status == SHARE_WRONG)
		*wrong = a->value.p;
	return hsl_boolean(a->status == SHARE_OK);
}

static enum hsl_rc
live_ask(struct live_call *l, enum share_op op, int rc)
{
	struct share_question	q = { .op = op };

	if (rc == -1)
		return live_wrong(l, "options", "they are too long");
	q.value = buf_str(&l->text);
	return library_ask_of(l->c->x, &live_asked, l->name, &q, reply_id);
}

static enum hsl_rc
live_policy(struct live_call *l)
{
	struct policy_dynamic_in	in;

	if (live_fields(l, l->c->argv[0]) != HSL_OK ||
	    live_array(l, 1, "condition", live_condition) != HSL_OK ||
	    live_array(l, 2, "policy", live_limit) != HSL_OK ||
	    live_ttl(l, 3) != HSL_OK ||
	    live_options(l, 4, live_policy_option) != HSL_OK)
		return HSL_THROW;
	in = (struct policy_dynamic_in){ .id = l->id, .type = l->type,
	    .fields = l->fields, .on = l->on, .ttl_ms = l->ttl_ms,
	    .keep = l->keep };
	policy_ask_limits(&l->ask, &in.limits);
	return live_ask(l, SHARE_POLICY, policy_dynamic_put(&l->text, &in));
}

enum hsl_rc
library_queue_policy(struct hsl_call *c)
{
	struct live_call	l;
	enum hsl_rc		rc = HSL_THROW;

	if (live_begin(&l, c, "queue_policy()"))
		rc = live_policy(&l);
	live_end(&l);
	return rc;
}

static enum hsl_rc
live_suspend(struct live_call *l)
{
	struct policy_suspend_in	in;

	if (live_array(l, 0, "fields", live_condition) != HSL_OK ||
	    live_ttl(l, 1) != HSL_OK ||
	    live_options(l, 2, live_suspend_option) != HSL_OK)
		return HSL_THROW;
	in = (struct policy_suspend_in){ .id = l->id, .on = l->on,
	    .tag = l->ask.set.tag, .properties = l->ask.property,
	    .property_count = l->ask.property_count, .ttl_ms = l->ttl_ms,
	    .keep = l->keep };
	return live_ask(l, SHARE_SUSPEND, policy_suspend_put(&l->text, &in));
}

enum hsl_rc
library_queue_suspend(struct hsl_call *c)
{
	struct live_call	l;
	enum hsl_rc		rc = HSL_THROW;

	if (live_begin(&l, c, "queue_suspend()"))
		rc = live_suspend(&l);
	live_end(&l);
	return rc;
}

/* Nobody is asked for an id that none can have. */
enum hsl_rc
library_queue_policy_delete(struct hsl_call *c)
{
	struct share_question	q = { .op = SHARE_POLICY_DELETE };

	if (library_of(c->x)->host.quotas == NULL)
		return hsl_throw(c, "queue_policy_delete(): there is no "
		    "queue here");
	if (!hsl_arg_string(c, 0, &q.key) || !hsl_charge(c->x, CHARGE))
		return HSL_THROW;
	if (q.key.len == 0 || q.key.len > POLICY_LIVE_ID ||
	    memchr(q.key.p, '\0', q.key.len) != NULL) {
		*c->ret = hsl_boolean(false);
		return HSL_OK;
	}
	return library_ask_of(c->x, &live_asked, "queue_policy_delete()",
	    &q, reply_gone);
}
