/*
 * Each worker shows up to as many attempts as are wanted; of all of these the
 * first ones that begin are handed on.  A worker numbers its attempts from 1,
 * and a trace those that it shows.
 */
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "queue/queue_filter.h"
#include "queue/queue_trace.h"

#include "delivery.h"
#include "trace.h"

#define TRACES_MAX	8
#define TRACE_QUEUED	(256 * 1024)	/* bytes that mtactl has not read */

struct shown {
	const struct agent	*agent;		/* NULL: it is over */
	uint32_t		 number;	/* of the agent's */
	uint32_t		 pid;
};

struct trace {
	TAILQ_ENTRY(trace)	 link;
	struct channel		*channel;
	const struct queue_filter *filter;
	uint64_t		 number;
	uint32_t		 wanted, begun, over;
	struct shown		*shown;		/* `begun` of them */
	uint32_t		 dropped;	/* since the last frame */
	uint64_t		 dropped_all;
	struct timer		 end;
	bool			 done;
};

static struct {
	TAILQ_HEAD(, trace)	list;
	size_t			count;
	uint64_t		last;
} traces = { .list = TAILQ_HEAD_INITIALIZER(traces.list) };

/* ---- The end ------------------------------------------------------------- */

static void
trace_unset(void *arg, struct agent *a)
{
	const struct trace	*t = arg;

	if (a->ready)
		CHANNEL_SEND(a->channel, DELIVER_TRACE_END, -1,
		    { .trace = t->number });
}

static void
trace_end(struct trace *t, const char *failed)
{
	struct ipc_QUEUE_DONE	m = { .failed = failed != NULL,
				    .matched = t->begun,
				    .busy = t->dropped_all };

	if (t->done)
		return;
	t->done = true;
	timer_stop(&t->end);
	if (failed == NULL)
		agents_each(trace_unset, t);
	(void)strlcpy(m.text, failed != NULL ? failed : "", sizeof m.text);
	CHANNEL_PUT(t->channel, QUEUE_DONE, -1, &m);
}

static void
trace_on_end(void *arg)
{
	trace_end(arg, NULL);
}

void
trace_free(struct trace **tp)
{
	struct trace	*t = *tp;

	if (t == NULL)
		return;
	*tp = NULL;
	if (!t->done)
		agents_each(trace_unset, t);
	TAILQ_REMOVE(&traces.list, t, link);
	traces.count--;
	timer_fini(&t->end);
	free(t->shown);
	free(t);
}

/* ---- The beginning ------------------------------------------------------- */

static void
trace_set(const struct trace *t, struct agent *a)
{
	struct ipc_DELIVER_TRACE_TERM	 m = { .trace = t->number };
	struct str			 name;
	size_t				 i;

	for (i = 0; queue_filter_term(t->filter, i, &name, &m.value); i++) {
		(void)strlcpy(m.name, name.p, sizeof m.name);
		CHANNEL_PUT(a->channel, DELIVER_TRACE_TERM, -1, &m);
	}
	CHANNEL_SEND(a->channel, DELIVER_TRACE, -1, { .trace = t->number,
	    .attempts = t->wanted });
}

static void
trace_set_ready(void *arg, struct agent *a)
{
	struct trace	*t = arg;

	if (!a->ready)
		return;
	trace_set(t, a);
	t->over++;			/* counted, for the moment */
}

void
trace_agent_ready(struct agent *a)
{
	struct trace	*t;

	TAILQ_FOREACH(t, &traces.list, link)
		if (!t->done && t->begun < t->wanted)
			trace_set(t, a);
}

static void
trace_log(const struct trace *t, uid_t uid)
{
	struct buf	b = BUF_INIT;

	queue_filter_text(t->filter, &b);
	LOG(EV_QUEUE_TRACE, NULL, LOG_NUM("uid", uid),
	    LOG_BYTES("filter", buf_str(&b)),
	    LOG_NUM("attempts", t->wanted));
	buf_free(&b);
}

/* mtactl is told how many workers there are, behind their being told. */
static void
trace_start(struct trace *t, uid_t uid, uint32_t seconds)
{
	trace_log(t, uid);
	agents_each(trace_set_ready, t);
	CHANNEL_SEND(t->channel, QUEUE_TRACED, -1, { .worker = t->over,
	    .what = QUEUE_TRACED_NOTE });
	t->over = 0;
	timer_start(&t->end, (int64_t)seconds * 1000);
}

struct trace *
trace_new(struct channel *c, uid_t uid, const struct queue_filter *f,
    struct rbuf *r)
{
	struct ipc_QUEUE_TRACE	 m;
	struct trace		*t;
	struct str		 name, value;

	if (ipc_get_QUEUE_TRACE(r, &m) == -1 || m.attempts == 0 ||
	    m.attempts > QUEUE_TRACE_ATTEMPTS || m.seconds == 0 ||
	    m.seconds > QUEUE_TRACE_SECONDS ||
	    queue_filter_term(f, QUEUE_TRACE_TERMS, &name, &value))
		return NULL;
	t = xcalloc(1, sizeof *t);
	t->channel = c;
	t->filter = f;
	t->number = ++traces.last;
	t->wanted = m.attempts;
	timer_init(&t->end, delivery_worker()->loop, trace_on_end, t);
	TAILQ_INSERT_TAIL(&traces.list, t, link);
	if (++traces.count > TRACES_MAX)
		trace_end(t, "too many others look on; try again later");
	else
		trace_start(t, uid, m.seconds);
	return t;
}

/* ---- What workers say ---------------------------------------------------- */

static struct trace *
trace_find(uint64_t number)
{
	struct trace	*t;

	TAILQ_FOREACH(t, &traces.list, link)
		if (t->number == number && !t->done)
			return t;
	return NULL;
}

static void
trace_tell(struct trace *t, struct ipc_QUEUE_TRACED *m)
{
	if (channel_queued(t->channel) > TRACE_QUEUED) {
		t->dropped++;
		t->dropped_all++;
		return;
	}
	m->dropped = t->dropped;
	t->dropped = 0;
	CHANNEL_PUT(t->channel, QUEUE_TRACED, -1, m);
}

static struct shown *
trace_shown(struct trace *t, const struct agent *a, uint32_t number)
{
	uint32_t	i;

	for (i = 0; i < t->begun; i++)
		if (t->shown[i].agent == a && t->shown[i].number == number)
			return &t->shown[i];
	return NULL;
}

static struct shown *
trace_begin(struct trace *t, const struct agent *a, uint32_t number)
{
	if (t->begun == t->wanted)
		return NULL;
	if ((t->begun & (t->begun - 1)) == 0)
		t->shown = xreallocarray(t->shown, t->begun == 0 ? 1 :
		    (size_t)t->begun * 2, sizeof *t->shown);
	t->shown[t->begun] = (struct shown){ a, number, (uint32_t)a->pid };
	return &t->shown[t->begun++];
}

static void
trace_shown_over(struct trace *t, struct shown *s)
{
	s->agent = NULL;
	if (++t->over == t->wanted)
		trace_end(t, NULL);
}

int
trace_on_line(struct agent *a, struct rbuf *r)
{
	struct ipc_DELIVER_TRACED	 m;
	struct trace			*t;
	struct shown			*s;

	if (ipc_get_DELIVER_TRACED(r, &m) == -1 ||
	    m.what >= QUEUE_TRACED_MAX || m.id.len != SPOOL_ID_SIZE)
		return -1;
	if ((t = trace_find(m.trace)) == NULL)
		return 0;		/* it has just ended */
	s = trace_shown(t, a, m.attempt);
	if (s == NULL && m.what == QUEUE_TRACED_BEGIN)
		s = trace_begin(t, a, m.attempt);
	if (s == NULL)
		return 0;		/* one more than was asked for */
	t->dropped += m.dropped;
	t->dropped_all += m.dropped;
	trace_tell(t, &(struct ipc_QUEUE_TRACED){
	    .attempt = (uint32_t)(s - t->shown) + 1, .worker = s->pid,
	    .what = m.what, .ms = m.ms, .id = m.id, .text = m.text });
	if (m.what == QUEUE_TRACED_END)
		trace_shown_over(t, s);
	return 0;
}

/* Of one trace. */
static void
trace_lose(struct trace *t, const struct agent *a)
{
	static const char	nobody[SPOOL_ID_SIZE];
	struct ipc_QUEUE_TRACED	m = { .what = QUEUE_TRACED_END,
				    .id = { nobody, SPOOL_ID_SIZE },
				    .text = STR("its worker is gone, or has "
				    "lost the connection to qmgr") };
	uint32_t		i;

	for (i = 0; i < t->begun && !t->done; i++) {
		if (t->shown[i].agent != a)
			continue;
		m.attempt = i + 1;
		m.worker = t->shown[i].pid;
		trace_tell(t, &m);
		trace_shown_over(t, &t->shown[i]);
	}
}

void
trace_agent_away(struct agent *a)
{
	struct trace	*t;

	TAILQ_FOREACH(t, &traces.list, link)
		trace_lose(t, a);
}
