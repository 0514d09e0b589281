/*
 * Frames from qmgr go to whom they are for; what does not make sense ends the
 * connection, and with it what was half told.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/backoff.h"
#include "ipc/channel.h"

#include "course.h"
#include "deliver.h"
#include "intake.h"
#include "job.h"
#include "lease.h"
#include "lent.h"
#include "mailroom.h"
#include "outlet.h"
#include "routing.h"
#include "row.h"
#include "script.h"
#include "trace.h"
#include "trial.h"
#include "way.h"

static struct {
	char		*path;
	struct channel	*channel;	/* NULL: down */
	struct backoff	 again;
} mailroom;

struct channel *
mailroom_channel(void)
{
	return mailroom.channel;
}

/* ---- What qmgr says ------------------------------------------------------ */

static int
mailroom_on_transport(struct rbuf *r)
{
	struct ipc_DELIVER_TRANSPORT	m;

	if (ipc_get_DELIVER_TRANSPORT(r, &m) == -1)
		return -1;
	return outlet_add(m.number, m.text);
}

static int
mailroom_on_drop(struct rbuf *r)
{
	struct ipc_DELIVER_DROP	m;

	return ipc_get_DELIVER_DROP(r, &m) == -1 ? -1 :
	    numbered_drop(m.number);
}

static int
mailroom_on_route(struct rbuf *r)
{
	struct ipc_DELIVER_ROUTE	m;

	return ipc_get_DELIVER_ROUTE(r, &m) == -1 ? -1 :
	    way_add(m.number, m.hops);
}

static int
mailroom_on_row(struct rbuf *r)
{
	struct ipc_DELIVER_ROW	m;

	return ipc_get_DELIVER_ROW(r, &m) == -1 ? -1 :
	    row_add(m.number, m.text);
}

static int
mailroom_on_try(struct rbuf *r)
{
	struct ipc_DELIVER_TRY	m;

	return ipc_get_DELIVER_TRY(r, &m) == -1 ? -1 :
	    trial_add(m.number, m.text);
}

static int
mailroom_on_ask(struct rbuf *r)
{
	struct ipc_DELIVER_ASK	m;

	return ipc_get_DELIVER_ASK(r, &m) == -1 ? -1 : routing_ask(&m);
}

static int
mailroom_on_next(struct rbuf *r)
{
	struct ipc_DELIVER_NEXT_ANSWER	m;

	return ipc_get_DELIVER_NEXT_ANSWER(r, &m) == -1 ? -1 :
	    course_answer(&m);
}

static int
mailroom_on_segment(struct rbuf *r, int fd)
{
	struct ipc_DELIVER_SEGMENT	m;

	if (ipc_get_DELIVER_SEGMENT(r, &m) == 0)
		return lent_add(m.segment, fd);
	(void)close(fd);
	return -1;
}

static int
mailroom_on_close(struct rbuf *r)
{
	struct ipc_DELIVER_CLOSE	m;

	return ipc_get_DELIVER_CLOSE(r, &m) == -1 ? -1 :
	    lent_close(m.segment);
}

static int
mailroom_on_safe(struct rbuf *r)
{
	struct ipc_DELIVER_SAFE	m;

	return ipc_get_DELIVER_SAFE(r, &m) == -1 ? -1 : job_safe(m.job);
}

static int
mailroom_on_evict(struct rbuf *r)
{
	struct ipc_DELIVER_EVICT	m;

	if (ipc_get_DELIVER_EVICT(r, &m) == -1)
		return -1;
	lease_evict(m.lease, m.uses);
	return 0;
}

static int
mailroom_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	(void)arg;
	backoff_reset(&mailroom.again);
	switch (type) {
	case IPC_DELIVER_TRANSPORT:
		return mailroom_on_transport(r);
	case IPC_DELIVER_DROP:
		return mailroom_on_drop(r);
	case IPC_DELIVER_ROUTE:
		return mailroom_on_route(r);
	case IPC_DELIVER_ROW:
		return mailroom_on_row(r);
	case IPC_DELIVER_TRY:
		return mailroom_on_try(r);
	case IPC_DELIVER_ASK:
		return mailroom_on_ask(r);
	case IPC_DELIVER_NEXT_ANSWER:
		return mailroom_on_next(r);
	case IPC_DELIVER_SEGMENT:
		return mailroom_on_segment(r, fd);
	case IPC_DELIVER_CLOSE:
		return mailroom_on_close(r);
	case IPC_DELIVER_JOB:
		return intake_job(r);
	case IPC_DELIVER_JOB_FILE:
		return intake_file(r, fd);
	case IPC_DELIVER_JOB_ENTRY:
		return intake_entry(r);
	case IPC_DELIVER_SAFE:
		return mailroom_on_safe(r);
	case IPC_QUOTA_ANSWER:
	case IPC_LIVE_ANSWER:
		return script_heard(type, r);
	case IPC_DELIVER_EVICT:
		return mailroom_on_evict(r);
	case IPC_DELIVER_TRACE_TERM:
		return trace_term(r);
	case IPC_DELIVER_TRACE:
		return trace_set(r);
	case IPC_DELIVER_TRACE_END:
		return trace_unset(r);
	default:
		return -1;
	}
}

void
mailroom_drain(void)
{
	if (mailroom.channel != NULL)
		CHANNEL_SEND(mailroom.channel, DELIVER_DRAIN, -1,
		    { .unused = 0 });
}

/* ---- Up and down --------------------------------------------------------- */

/* The channel first: nothing more is to be said to this one. */
static void
mailroom_on_end(void *arg)
{
	(void)arg;
	channel_free(&mailroom.channel);
	script_lend(NULL);
	LOG(EV_QMGR_LOST, NULL, LOG_NUM("jobs", (int64_t)jobs_all()));
	jobs_forget();
	routing_forget();
	numbered_drop_all();
	lents_close_all();
	traces_clear();
	backoff_later(&mailroom.again);
}

static void
mailroom_greet(struct channel *c)
{
	/* How many entries may be in flight with this worker. */
	CHANNEL_SEND(c, DELIVER_HELLO, -1, { .table_hash = ipc_table_hash(),
	    .pid = (uint32_t)getpid(), .in_flight =
	    (uint32_t)deliver.params->deliver_concurrency });
	jobs_tell_all(c);
	CHANNEL_SEND(c, DELIVER_READY, -1, { .unused = 0 });
	jobs_ask_again();
	script_lend(c);
	if (deliver.draining)
		mailroom_drain();
}

static void
mailroom_try(void *arg)
{
	static const struct channel_ops	ops = { .on_frame = mailroom_on_frame,
	    .on_end = mailroom_on_end };
	int				fd = net_connect_unix(mailroom.path);

	(void)arg;
	if (fd == -1) {
		backoff_later(&mailroom.again);
		return;
	}
	mailroom.channel = channel_new(deliver.loop, fd, IPC_DELIVER,
	    IPC_QMGR, &ops, NULL);
	mailroom_greet(mailroom.channel);
}

void
mailroom_open(const char *path)
{
	mailroom.path = xstrdup(path);
	backoff_init(&mailroom.again, deliver.loop, mailroom_try, NULL);
	timer_start(&mailroom.again.timer, 0);
}

void
mailroom_close(void)
{
	if (mailroom.channel != NULL)
		channel_flush(mailroom.channel);
	channel_free(&mailroom.channel);
	traces_clear();
	backoff_fini(&mailroom.again);
	free(mailroom.path);
	mailroom.path = NULL;
}
