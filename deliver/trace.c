/*
 * A trace has two filters: what is known when an attempt begins is looked at
 * then, where it goes (remotemx, remoteip) when it goes there.  Of an attempt
 * that has not gone there yet lines are kept, up to TRACE_KEPT bytes.
 */
#include <sys/queue.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "queue/queue_filter.h"
#include "queue/queue_trace.h"
#include "send/tap.h"

#include "account.h"
#include "deliver.h"
#include "job.h"
#include "mailroom.h"
#include "outlet.h"
#include "trace.h"
#include "verdict.h"

#define TRACE_KEPT	(16 * 1024)
#define TRACE_LINES	5000		/* of one attempt */
#define TRACE_QUEUED	(256 * 1024)	/* bytes that qmgr has not read */

struct trace {
	TAILQ_ENTRY(trace)	 link;
	uint64_t		 number;
	struct queue_filter	*filter;
	struct queue_filter	*hop;		/* of the filter's terms those
						 * of the next hop */
	size_t			 terms;
	uint32_t		 left;		/* attempts to begin */
	uint32_t		 last;		/* attempts shown */
	uint32_t		 dropped;	/* since the last frame */
	bool			 set;
};

/* A trace's view of an attempt. */
struct view {
	TAILQ_ENTRY(view)	 link;
	struct trace		*trace;		/* NULL: it has ended */
	uint32_t		 number;	/* 0: not shown yet */
	uint32_t		 lines;
	uint32_t		 cut;		/* of what was kept */
	struct buf		 kept;		/* what, ms, length, text */
};

struct traced {
	struct tap		 tap;
	const struct job	*job;
	TAILQ_HEAD(, view)	 views;
	TAILQ_ENTRY(traced)	 link;
};

static struct {
	TAILQ_HEAD(, trace)	 list;
	TAILQ_HEAD(, traced)	 attempts;
	struct trace		*any;		/* one that is set, or NULL */
	size_t			 count;
} traces = { .list = TAILQ_HEAD_INITIALIZER(traces.list),
	.attempts = TAILQ_HEAD_INITIALIZER(traces.attempts) };

/* ---- What qmgr sets ------------------------------------------------------ */

static struct trace *
trace_find(uint64_t number)
{
	struct trace	*t;

	TAILQ_FOREACH(t, &traces.list, link)
		if (t->number == number)
			return t;
	return NULL;
}

static struct trace *
trace_new(uint64_t number)
{
	struct trace	*t;

	if (traces.count == TRACES_MAX)
		return NULL;
	t = xcalloc(1, sizeof *t);
	t->number = number;
	t->filter = queue_filter_new();
	t->hop = queue_filter_new();
	TAILQ_INSERT_TAIL(&traces.list, t, link);
	traces.count++;
	return t;
}

/* One that still has attempts to show. */
static void
traces_look(void)
{
	struct trace	*t;

	TAILQ_FOREACH(t, &traces.list, link)
		if (t->set && t->left > 0)
			break;
	traces.any = t;
}

static void
trace_free(struct trace *t)
{
	struct traced	*a;
	struct view	*v;

	TAILQ_FOREACH(a, &traces.attempts, link)
		TAILQ_FOREACH(v, &a->views, link)
			if (v->trace == t)
				v->trace = NULL;
	TAILQ_REMOVE(&traces.list, t, link);
	traces.count--;
	queue_filter_free(&t->filter);
	queue_filter_free(&t->hop);
	free(t);
	traces_look();
}

void
traces_clear(void)
{
	struct trace	*t;

	while ((t = TAILQ_FIRST(&traces.list)) != NULL)
		trace_free(t);
}

/* The first term makes the trace. */
int
trace_term(struct rbuf *r)
{
	struct ipc_DELIVER_TRACE_TERM	 m;
	struct trace			*t;
	struct str			 name;
	struct err			 e;
	bool				 hop;

	if (ipc_get_DELIVER_TRACE_TERM(r, &m) == -1 ||
	    ((t = trace_find(m.trace)) == NULL &&
	    (t = trace_new(m.trace)) == NULL) || t->set ||
	    t->terms++ == QUEUE_TRACE_TERMS)
		return -1;
	name = str_of(m.name);
	hop = str_eq(name, STR("remotemx")) || str_eq(name, STR("remoteip"));
	return queue_filter_add(hop ? t->hop : t->filter, name, m.value, &e);
}

int
trace_set(struct rbuf *r)
{
	struct ipc_DELIVER_TRACE	 m;
	struct trace			*t;

	if (ipc_get_DELIVER_TRACE(r, &m) == -1 ||
	    ((t = trace_find(m.trace)) == NULL &&
	    (t = trace_new(m.trace)) == NULL) || t->set ||
	    m.attempts == 0 || m.attempts > QUEUE_TRACE_ATTEMPTS)
		return -1;
	t->set = true;
	t->left = m.attempts;
	traces_look();
	return 0;
}

int
trace_unset(struct rbuf *r)
{
	struct ipc_DELIVER_TRACE_END	 m;
	struct trace			*t;

	if (ipc_get_DELIVER_TRACE_END(r, &m) == -1)
		return -1;
	if ((t = trace_find(m.trace)) != NULL)
		trace_free(t);
	return 0;
}

/* ---- What is told -------------------------------------------------------- */

static void
view_tell(const struct traced *a, struct view *v, enum queue_traced what,
    uint64_t ms, struct str text)
{
	struct channel	*c = mailroom_channel();
	struct trace	*t = v->trace;
	const char	*key = (const char *)a->job->entries[0].key;

	if (text.len > QUEUE_TRACE_TEXT)
		text.len = QUEUE_TRACE_TEXT;
	/* That it began and ended is always told: qmgr counts by it. */
	if (c == NULL || (what != QUEUE_TRACED_BEGIN && what !=
	    QUEUE_TRACED_END && (v->lines++ >= TRACE_LINES ||
	    channel_queued(c) > TRACE_QUEUED))) {
		t->dropped++;
		return;
	}
	CHANNEL_SEND(c, DELIVER_TRACED, -1, { .trace = t->number,
	    .attempt = v->number, .what = (uint32_t)what, .ms = ms,
	    .dropped = t->dropped, .id = { key, SPOOL_ID_SIZE },
	    .text = text });
	t->dropped = 0;
}

static void
view_keep(struct view *v, enum queue_traced what, uint64_t ms,
    struct str text)
{
	if (text.len > QUEUE_TRACE_TEXT)
		text.len = QUEUE_TRACE_TEXT;
	if (v->kept.len + text.len > TRACE_KEPT) {
		v->cut++;
		return;
	}
	wire_put_uint(&v->kept, what, 1);
	wire_put_uint(&v->kept, ms, 8);
	wire_put_uint(&v->kept, text.len, 2);
	buf_add_str(&v->kept, text);
}

static void
view_line(const struct traced *a, struct view *v, enum queue_traced what,
    struct str text)
{
	uint64_t	ms = (uint64_t)(loop_now_ms(deliver.loop) -
			    a->job->began_ms);

	if (v->trace == NULL)
		return;
	if (v->number != 0)
		view_tell(a, v, what, ms, text);
	else
		view_keep(v, what, ms, text);
}

static void
traced_line(const struct traced *a, enum queue_traced what, struct str text)
{
	struct view	*v;

	TAILQ_FOREACH(v, &a->views, link)
		view_line(a, v, what, text);
}

/* ---- Which are meant ----------------------------------------------------- */

static void
trace_row(struct queue_row *r, const struct job *j, const struct job_entry *e)
{
	memset(r, 0, sizeof *r);
	r->id = e->id;
	r->accepted = e->entry;
	r->live = QUEUE_SENDING;
	r->now_ms = job_now_ms(j);
	r->wall_ms = clock_wall_us() / 1000;
	r->entry.retry = (uint16_t)e->state.retry;
	r->entry.accepted_ms = (int64_t)e->state.accepted_ms;
}

static bool
trace_means(const struct trace *t, const struct job *j)
{
	struct queue_row	row;
	uint32_t		i;

	for (i = 0; i < j->count; i++) {
		trace_row(&row, j, &j->entries[i]);
		if (queue_filter_match(t->filter, &row))
			return true;
	}
	return false;
}

static void
view_tell_kept(const struct traced *a, struct view *v)
{
	struct rbuf	r = { (unsigned char *)buf_data(&v->kept),
			    v->kept.len };
	uint64_t	what, ms, len;

	while (r.len > 0 && wire_get_uint(&r, &what, 1) == 0 &&
	    wire_get_uint(&r, &ms, 8) == 0 &&
	    wire_get_uint(&r, &len, 2) == 0 && len <= r.len) {
		view_tell(a, v, (enum queue_traced)what, ms,
		    (struct str){ (const char *)r.p, len });
		r.p += len;
		r.len -= len;
	}
	buf_free(&v->kept);
	v->trace->dropped += v->cut;
}

/* It is meant: from here on all is told. */
static void
view_show(const struct traced *a, struct view *v)
{
	const struct job	*j = a->job;
	const struct job_entry	*e = &j->entries[0];
	struct str		 id = j->outlet->transport->id;
	struct buf		 b = BUF_INIT;

	if (v->trace->left == 0)
		return;
	v->trace->left--;
	v->number = ++v->trace->last;
	buf_add_text(&b, "from <");
	buf_add_str(&b, e->entry.sender);
	buf_add_text(&b, "> to <");
	buf_add_str(&b, e->entry.recipient);
	buf_add_byte(&b, '>');
	if (j->count > 1)
		buf_printf(&b, " and %u more", j->count - 1);
	buf_printf(&b, ", transport %.*s, attempt %llu", (int)id.len,
	    id.len > 0 ? id.p : "", (unsigned long long)e->state.retry + 1);
	view_tell(a, v, QUEUE_TRACED_BEGIN, 0, buf_str(&b));
	buf_free(&b);
	view_tell_kept(a, v);
	traces_look();
}

/* ---- The engine ---------------------------------------------------------- */

static void
traced_on_line(void *arg, enum tap_side side, struct str text)
{
	static const enum queue_traced	whats[] = {
		[TAP_NOTE] = QUEUE_TRACED_NOTE,
		[TAP_SENT] = QUEUE_TRACED_SENT,
		[TAP_GOT] = QUEUE_TRACED_RECEIVED };

	traced_line(arg, whats[side], text);
}

static void
traced_on_connection(void *arg, const struct attempt_connection *c)
{
	struct traced		*a = arg;
	struct view		*v;
	struct queue_row	 row;

	trace_row(&row, a->job, &a->job->entries[0]);
	row.remotemx = c->remotemx;
	row.remoteip = str_of(c->remoteip);
	TAILQ_FOREACH(v, &a->views, link)
		if (v->trace != NULL && v->number == 0 &&
		    queue_filter_match(v->trace->hop, &row))
			view_show(a, v);
}

/* ---- An attempt ---------------------------------------------------------- */

static void
traced_add(struct traced *a, struct trace *t)
{
	struct view	*v = xcalloc(1, sizeof *v);

	v->trace = t;
	TAILQ_INSERT_TAIL(&a->views, v, link);
	if (!queue_filter_any(t->hop))
		view_show(a, v);
}

void
trace_begin(struct job *j)
{
	struct traced	*a = NULL;
	struct trace	*t;

	if (traces.any == NULL)
		return;
	TAILQ_FOREACH(t, &traces.list, link) {
		if (!t->set || t->left == 0 || !trace_means(t, j))
			continue;
		if (a == NULL) {
			a = xcalloc(1, sizeof *a);
			a->tap = (struct tap){ traced_on_line,
			    traced_on_connection, a };
			a->job = j;
			TAILQ_INIT(&a->views);
			TAILQ_INSERT_TAIL(&traces.attempts, a, link);
			j->traced = a;
		}
		traced_add(a, t);
	}
}

const struct tap *
trace_tap(const struct job *j)
{
	return j->traced != NULL ? &j->traced->tap : NULL;
}

static void
trace_why(struct buf *b, const struct passage *p)
{
	char			 enhanced[SMTP_ENHANCED_TEXT];
	const struct attempt	*a = p->attempt;
	struct str		 line;

	if (a == NULL || a->reply == NULL) {
		buf_printf(b, ": %s", p->reason);
		return;
	}
	line = smtp_reply_lines(a->reply) > 0 ?
	    smtp_reply_line(a->reply, 0) : STR_NONE;
	smtp_enhanced_text(a->reply->enhanced, enhanced);
	buf_printf(b, ": %d %s%s", a->reply->code, enhanced,
	    enhanced[0] != '\0' ? " " : "");
	buf_add_str(b, line);
}

void
trace_verdict(const struct job *j, const struct passage *p)
{
	struct buf	b = BUF_INIT;

	if (j->traced == NULL)
		return;
	buf_add_byte(&b, '<');
	buf_add_str(&b, p->entry->entry.recipient);
	buf_printf(&b, "> %s, %s", passage_result_name(p),
	    account_verdict(p->verdict));
	if (p->verdict == JOB_DEFER)
		buf_printf(&b, " (next try in %lld s)", (long long)
		    ((int64_t)p->state.due_ms - p->now_ms + 999) / 1000);
	trace_why(&b, p);
	traced_line(j->traced, QUEUE_TRACED_VERDICT, buf_str(&b));
	buf_free(&b);
}

void
trace_over(struct job *j)
{
	struct traced	*a = j->traced;
	struct view	*v;

	if (a == NULL)
		return;
	j->traced = NULL;
	while ((v = TAILQ_FIRST(&a->views)) != NULL) {
		if (v->number != 0)
			view_line(a, v, QUEUE_TRACED_END, STR_NONE);
		TAILQ_REMOVE(&a->views, v, link);
		buf_free(&v->kept);
		free(v);
	}
	TAILQ_REMOVE(&traces.attempts, a, link);
	free(a);
}
