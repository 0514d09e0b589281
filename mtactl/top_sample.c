/*
 * Counters come from the metrics service, limiters and groups of entries from
 * qmgr.  To group entries qmgr walks its whole queue: that is asked for again
 * only after a pause that is many times as long as it took.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "counters.h"
#include "queue_talk.h"
#include "report.h"
#include "terminal.h"
#include "top_sample.h"

#define TOP_LIMITERS	5000	/* that qmgr is asked for */
#define TOP_WALK_PAUSE	20	/* times the duration of a walk */

QUEUE_TALK_SENDER(QUEUE_LIST)
QUEUE_TALK_SENDER(QUEUE_TERM)
QUEUE_TALK_SENDER(LIMITER_LIST)

static const struct {
	const char	*name, *counter;
} rates[] = {
	{ "accepted", "messages_accepted" },
	{ "rejected", "messages_rejected" },
	{ "put_off", "messages_deferred" },
	{ "in_line", "inline_results" },
	{ "delivered", "deliveries_done" },
	{ "deferred", "deliveries_temporary" },
	{ "failed", "deliveries_permanent" },
	{ "told", "queue_notifications" },
};

_Static_assert(sizeof rates / sizeof rates[0] <= TOP_RATES, "room for rates");

/* The fields that entries are grouped by; as top_sampler.walked. */
static const char	*const walks[] = { "recipientdomain", "tenantid" };

/* ---- Order --------------------------------------------------------------- */

struct order {
	const char	*first, *second;	/* the greater, the earlier */
};

static int64_t
order_number(const json_t *row, const char *name)
{
	return json_integer_value(json_object_get(row, name));
}

static bool
order_before(const struct order *o, const json_t *a, const json_t *b)
{
	int64_t	x = order_number(a, o->first), y = order_number(b, o->first);

	if (x != y)
		return x > y;
	return order_number(a, o->second) > order_number(b, o->second);
}

/* Puts the row where it belongs, if it is one of the first; takes it. */
static void
order_add(json_t *list, const struct order *o, json_t *row)
{
	size_t	i = json_array_size(list);

	while (i > 0 && order_before(o, row, json_array_get(list, i - 1)))
		i--;
	if (i < TOP_LIST)
		(void)json_array_insert(list, i, row);
	if (json_array_size(list) > TOP_LIST)
		(void)json_array_remove(list, TOP_LIST);
	json_decref(row);
}

/* ---- Groups -------------------------------------------------------------- */

struct walk {
	json_t	*all;		/* name -> row */
	bool	 now;
};

static void
walk_group(void *arg, const struct ipc_QUEUE_GROUP *g)
{
	struct walk	*w = arg;
	struct buf	 name = BUF_INIT;
	json_t		*row;

	terminal_add(&name, g->value);
	row = json_object_get(w->all, buf_cstr(&name));
	if (row == NULL && !w->now) {
		row = json_pack("{s:s,s:I,s:i,s:I}", "name", buf_cstr(&name),
		    "entries", (json_int_t)g->entries, "now", 0, "bytes",
		    (json_int_t)g->bytes);
		(void)json_object_set_new(w->all, buf_cstr(&name), row);
	} else if (row != NULL && w->now) {
		(void)json_object_set_new(row, "now",
		    json_integer((json_int_t)g->entries));
	}
	buf_free(&name);
}

static int
walk_put(struct ipc_caller *cl, const char *field, bool now, struct err *e)
{
	static const char *const	states[] = { "ready", "active",
					    "sending" };
	struct ipc_QUEUE_TERM		term = { .name = "state" };
	struct ipc_QUEUE_LIST		m = { .limit = 0 };
	size_t				i;

	for (i = 0; now && i < sizeof states / sizeof states[0]; i++) {
		term.value = str_of(states[i]);
		if (queue_talk_put_QUEUE_TERM(cl, &term, e) == -1)
			return -1;
	}
	(void)strlcpy(m.group, field, sizeof m.group);
	return queue_talk_put_QUEUE_LIST(cl, &m, e);
}

static int
walk_ask(const struct ctl *c, struct walk *w, const char *field,
    struct err *e)
{
	static const struct queue_talk_ops	ops = { NULL, walk_group,
						    NULL };
	struct ipc_QUEUE_DONE			done;
	struct ipc_caller			cl;
	int					rc;

	if ((rc = queue_talk_connect(c, &cl, IPC_VIEW, e)) != TALK_OK)
		return rc;
	rc = walk_put(&cl, field, w->now, e);
	if (rc == 0)
		rc = queue_talk_answer(&cl, &ops, w, &done, e);
	ipc_caller_close(&cl);
	return rc;
}

/* All entries by that field, then those whose turn it is. */
static int
walk_field(const struct ctl *c, const char *field, json_t **list,
    struct err *e)
{
	static const struct order	order = { "now", "entries" };
	struct walk			w = { .all = json_object() };
	const char			*name;
	json_t				*row;
	int				 rc;

	rc = walk_ask(c, &w, field, e);
	w.now = true;
	if (rc == TALK_OK)
		rc = walk_ask(c, &w, field, e);
	json_decref(*list);
	*list = json_array();
	if (rc == TALK_OK)
		json_object_foreach(w.all, name, row)
			order_add(*list, &order, json_incref(row));
	json_decref(w.all);
	return rc;
}

/* What the last walk said holds until the next one. */
static int
sample_walk(struct top_sampler *t, struct err *e)
{
	int64_t	now_ms = clock_mono_ms();
	size_t	i;
	int	rc = TALK_OK;

	if (t->walked[0] == NULL || now_ms >= t->walk_ms) {
		for (i = 0; i < 2 && rc == TALK_OK; i++)
			rc = walk_field(t->c, walks[i], &t->walked[i],
			    &t->walk_error);
		t->walk_rc = rc;
		t->walk_ms = clock_mono_ms() + TOP_WALK_PAUSE *
		    (clock_mono_ms() - now_ms);
	}
	if (t->walk_rc != TALK_OK)
		*e = t->walk_error;
	return t->walk_rc;
}

/* ---- Limiters ------------------------------------------------------------ */

static void
limiter_row(void *arg, struct str json)
{
	static const struct order	order = { "waiting", "connections" };
	json_t				*list = arg, *row;

	row = json_loadb(json.p, json.len, 0, NULL);
	if (order_number(row, "waiting") > 0 ||
	    order_number(row, "connections") > 0 ||
	    order_number(row, "idle") > 0)
		order_add(list, &order, row);
	else
		json_decref(row);
}

static int
sample_limiters(const struct ctl *c, json_t *list, struct err *e)
{
	static const struct queue_talk_ops	ops = { limiter_row, NULL,
						    NULL };
	struct ipc_QUEUE_DONE			done;
	struct ipc_caller			cl;
	int					rc;

	if ((rc = queue_talk_connect(c, &cl, IPC_VIEW, e)) != TALK_OK)
		return rc;
	rc = QUEUE_TALK_PUT(&cl, LIMITER_LIST, e, { .limit = TOP_LIMITERS });
	if (rc == 0)
		rc = queue_talk_answer(&cl, &ops, list, &done, e);
	ipc_caller_close(&cl);
	if (rc == TALK_OK && done.after[0] != '\0')
		return err_set(e, "there are more than %d limiters: others "
		    "than these may be busier", TOP_LIMITERS);
	return rc;
}

/* ---- Counters ------------------------------------------------------------ */

static json_t *
sample_rates(struct top_sampler *t, json_t *counters, double seconds)
{
	json_t	*o = json_object();
	int64_t	 now, grown;
	size_t	 i;

	for (i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		now = counters_sum(counters, rates[i].counter);
		/* After a start of the instance it is less. */
		grown = now > t->before[i] ? now - t->before[i] : 0;
		t->before[i] = now;
		(void)json_object_set_new(o, rates[i].name, json_real(
		    seconds > 0 ? (double)grown / seconds : 0));
	}
	return o;
}

static json_t *
sample_queue(json_t *c)
{
	int64_t	ready = counters_sum(c, "queue_ready");
	int64_t	sending = counters_sum(c, "queue_sending");

	if (counters_sum(c, "queue_loaded") == 0)
		return json_null();
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
	    "ready", (json_int_t)(ready > sending ? ready - sending : 0),
	    "sending", (json_int_t)sending,
	    "deferred", (json_int_t)counters_sum(c, "queue_deferred"),
	    "held", (json_int_t)counters_sum(c, "queue_held"),
	    "bouncing", (json_int_t)counters_sum(c, "queue_bouncing"),
	    "connections", (json_int_t)counters_sum(c, "queue_connections"),
	    "idle", (json_int_t)counters_sum(c, "delivery_idle"));
}

static void
sample_counters(struct top_sampler *t, json_t *s, json_t *notes)
{
	struct buf	path = BUF_INIT;
	int64_t		now_ms = clock_mono_ms();
	double		seconds = t->last_ms == 0 ? 0 :
			    (double)(now_ms - t->last_ms) / 1000;
	json_t		*c;
	bool		 barred;

	talk_path(t->c, "metrics.sock", &path);
	c = counters_fetch(buf_cstr(&path));
	barred = c == NULL && counters_barred(buf_cstr(&path));
	buf_free(&path);
	(void)json_object_set_new(s, "time", json_integer(time(NULL)));
	(void)json_object_set_new(s, "seconds", json_real(seconds));
	/* Without counters those from before are what the next are held
	 * against. */
	(void)json_object_set_new(s, "rates", c != NULL ?
	    sample_rates(t, c, seconds) : json_object());
	(void)json_object_set_new(s, "queue", c != NULL ? sample_queue(c) :
	    json_null());
	if (c != NULL)
		t->last_ms = now_ms;
	else
		(void)json_array_append_new(notes, json_string(barred ?
		    "the row metrics.sock of master.cf is private: no rates" :
		    "the metrics service does not answer: no rates"));
	json_decref(c);
}

/* ---- All of it ----------------------------------------------------------- */

static json_t *
sample_list(json_t *list)
{
	return list != NULL ? json_incref(list) : json_array();
}

json_t *
top_sample_next(struct top_sampler *t, struct err *e)
{
	json_t	*s = json_object(), *notes = json_array();
	json_t	*limiters = json_array();
	int	 rc;

	sample_counters(t, s, notes);
	rc = sample_limiters(t->c, limiters, e);
	if (rc == TALK_FAILED)
		(void)json_array_append_new(notes, json_text(e->text));
	if (rc != TALK_ABSENT && (json_array_size(limiters) > 0 ||
	    rc == TALK_OK) && (rc = sample_walk(t, e)) == TALK_FAILED)
		(void)json_array_append_new(notes, json_text(e->text));
	(void)json_object_set_new(s, "destinations",
	    sample_list(t->walked[0]));
	(void)json_object_set_new(s, "tenants", sample_list(t->walked[1]));
	(void)json_object_set_new(s, "limiters", limiters);
	(void)json_object_set_new(s, "notes", notes);
	if (rc != TALK_ABSENT)
		return s;
	json_decref(s);
	return NULL;
}

void
top_sample_fini(struct top_sampler *t)
{
	json_decref(t->walked[0]);
	json_decref(t->walked[1]);
	t->walked[0] = t->walked[1] = NULL;
}
