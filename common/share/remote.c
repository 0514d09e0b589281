/*
 * remote - a share that is the service, asked over a socket; or qmgr, of which
 * quotas are asked, and policies
 *
 *	state        ask            connected          lost
 *	down         connect        -                  -
 *	trying       -              tell all, up       try later
 *	up           send           -                  try again, later
 *
 * `trying` is the time between two tries.  After a connection is lost all
 * that was asked is asked again: a service that died knows nothing of it.
 * What is held is said before: the service grants nothing before it has
 * heard all workers.
 *
 * At most WINDOW questions that get an answer at once are under way, so that
 * neither side has to hold more than that many values for the other.
 *
 * A question that the other side has no answer to yet is queued again, and
 * nothing more is asked for a while.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/backoff.h"
#include "ipc/channel.h"

#include "share_private.h"
#include "wire.h"

#define WINDOW		32

/* What differs between the two. */
struct remote_wire {
	enum ipc_role	peer;
	const char	*socket;
	void	(*hello)(struct channel *c);
	void	(*held)(struct channel *c, const struct share_ticket *t);
	void	(*ask)(struct channel *c, const struct share_ticket *t);
	/* 0; 1: not yet; -1: it did not decode. */
	int	(*answer)(int type, struct rbuf *in, uint64_t *id,
		    struct share_answer *a);
	void	(*drop)(struct channel *c, uint64_t id);	/* or NULL */
};

struct remote {
	struct share	 share;		/* first */
	const struct remote_wire *wire;
	char		*path;
	struct channel	*channel;	/* NULL: down, or trying */
	struct backoff	 again;
	struct task	 work;
	size_t		 under_way;
};

static struct share_tickets *
remote_list(struct remote *r, enum ticket_state state)
{
	return &r->share.lists[state];
}

/* ---- share(8) ---------------------------------------------------------- */

static void
memory_hello(struct channel *c)
{
	CHANNEL_SEND(c, SHARE_HELLO, -1,
	    { .table_hash = ipc_table_hash(), .pid = (uint32_t)getpid() });
}

static void
memory_held(struct channel *c, const struct share_ticket *t)
{
	CHANNEL_SEND(c, SHARE_HELD, -1, { .id = t->id, .name = t->q.key });
}

static void
memory_ask(struct channel *c, const struct share_ticket *t)
{
	struct ipc_SHARE_ASK	m;

	share_put_question(t->id, &t->q, &m);
	CHANNEL_PUT(c, SHARE_ASK, -1, &m);
}

static int
memory_answer(int type, struct rbuf *in, uint64_t *id, struct share_answer *a)
{
	struct ipc_SHARE_ANSWER	m;

	if (type != IPC_SHARE_ANSWER || ipc_get_SHARE_ANSWER(in, &m) == -1)
		return -1;
	*id = m.id;
	return share_get_answer(&m, a);
}

static void
memory_drop(struct channel *c, uint64_t id)
{
	CHANNEL_SEND(c, SHARE_DROP, -1, { .id = id });
}

static const struct remote_wire	memory_wire = { IPC_SHARE, SHARE_SOCKET,
	memory_hello, memory_held, memory_ask, memory_answer, memory_drop };

/* ---- qmgr(8) ----------------------------------------------------------- */

static void
quota_hello(struct channel *c)
{
	CHANNEL_SEND(c, QUOTA_HELLO, -1,
	    { .table_hash = ipc_table_hash(), .pid = (uint32_t)getpid() });
}

static void
live_delete(struct channel *c, const struct share_ticket *t)
{
	struct ipc_LIVE_DELETE	m = { .ask = t->id,
				    .kind = LIVE_KIND_POLICY };

	if (t->q.key.len < sizeof m.id)
		memcpy(m.id, t->q.key.p, t->q.key.len);
	CHANNEL_PUT(c, LIVE_DELETE, -1, &m);
}

static void
quota_ask(struct channel *c, const struct share_ticket *t)
{
	if (t->q.op == SHARE_QUOTA)
		CHANNEL_SEND(c, QUOTA_ASK, -1,
		    { .id = t->id, .name = t->q.key });
	else if (t->q.op == SHARE_POLICY_DELETE)
		live_delete(c, t);
	else
		CHANNEL_SEND(c, LIVE_ADD, -1, { .ask = t->id,
		    .kind = t->q.op == SHARE_POLICY ? LIVE_KIND_POLICY :
		    LIVE_KIND_SUSPENSION, .what = t->q.value });
}

/* The text of an answer holds until the next one. */
static int
live_answer(struct rbuf *in, uint64_t *id, struct share_answer *a)
{
	static struct ipc_LIVE_ANSWER	m;

	if (ipc_get_LIVE_ANSWER(in, &m) == -1 || m.status >= LIVE_STATUSES)
		return -1;
	*id = m.ask;
	*a = (struct share_answer){ .status = m.status == LIVE_DONE ?
	    SHARE_OK : m.status == LIVE_NONE ? SHARE_NO : SHARE_WRONG,
	    .value = str_of(m.status == LIVE_DONE ? m.id : m.text) };
	return m.status == LIVE_NOT_YET;
}

static int
quota_answer(int type, struct rbuf *in, uint64_t *id, struct share_answer *a)
{
	struct ipc_QUOTA_ANSWER	m;

	if (type == IPC_LIVE_ANSWER)
		return live_answer(in, id, a);
	if (type != IPC_QUOTA_ANSWER || ipc_get_QUOTA_ANSWER(in, &m) == -1 ||
	    m.status >= QUOTA_STATUSES)
		return -1;
	*id = m.id;
	*a = (struct share_answer){ .status = m.status == QUOTA_KNOWN ?
	    SHARE_OK : SHARE_NO, .number = (double)m.count,
	    .bytes = m.bytes };
	return m.status == QUOTA_NOT_YET;
}

static const struct remote_wire	quota_wire = { IPC_QMGR, QMGR_SOCKET,
	quota_hello, NULL, quota_ask, quota_answer, NULL };

/* Over a connection that is another's: hello is said, and who has it connects
 * again. */
static void
lent_hello(struct channel *c)
{
	(void)c;
}

static const struct remote_wire	lent_wire = { IPC_QMGR, QMGR_SOCKET,
	lent_hello, NULL, quota_ask, quota_answer, NULL };

/* ---- Sending ----------------------------------------------------------- */

static void
remote_pump(struct remote *r)
{
	struct share_ticket	*t;

	if (r->again.timer.armed)
		return;
	while ((t = TAILQ_FIRST(remote_list(r, TICKET_QUEUED))) != NULL) {
		if (t->q.op != SHARE_LOCK && r->under_way >= WINDOW)
			return;
		r->under_way += t->q.op != SHARE_LOCK;
		share_move(t, TICKET_ASKED);
		r->wire->ask(r->channel, t);
	}
}

static void
remote_tell_all(struct remote *r)
{
	const struct share_ticket	*t;

	r->wire->hello(r->channel);
	TAILQ_FOREACH(t, remote_list(r, TICKET_HELD), link)
		r->wire->held(r->channel, t);
	TAILQ_FOREACH(t, remote_list(r, TICKET_ASKED), link)
		r->wire->ask(r->channel, t);
	remote_pump(r);
}

/* ---- Receiving --------------------------------------------------------- */

static int
remote_on_frame(void *arg, int type, struct rbuf *in, int fd)
{
	struct remote		*r = arg;
	struct share_answer	 a;
	struct share_ticket	*t;
	uint64_t		 id;
	int			 rc;

	(void)fd;
	if ((rc = r->wire->answer(type, in, &id, &a)) == -1)
		return -1;
	backoff_reset(&r->again);
	t = share_find(&r->share, id);
	/* The asker has given it up, or the grant came twice. */
	if (t == NULL || t->state != TICKET_ASKED)
		return 0;
	if (rc == 1) {
		r->under_way--;
		share_move(t, TICKET_QUEUED);
		timer_start(&r->again.timer, BACKOFF_MAX_MS);
		return 0;
	}
	r->under_way -= t->q.op != SHARE_LOCK;
	loop_defer(r->share.loop, &r->work);
	share_answered(t, &a);
	return 0;
}

static bool
remote_idle(struct remote *r)
{
	return r->share.tickets.count == 0;
}

static void
remote_on_end(void *arg)
{
	struct remote	*r = arg;

	LOG(EV_SHARE_LOST, NULL, LOG_STR("name", r->wire->socket),
	    LOG_NUM("tickets", (int64_t)r->share.tickets.count));
	channel_free(&r->channel);
	if (!remote_idle(r))
		backoff_later(&r->again);
}

/* ---- Connecting -------------------------------------------------------- */

/* There is no row for the service: nothing to wait for.  One ticket a turn,
 * for done() may do anything. */
static void
remote_fail(struct remote *r)
{
	static const struct share_answer	 absent = {
	    .status = SHARE_ABSENT };
	struct share_ticket			*t;

	t = TAILQ_FIRST(remote_list(r, TICKET_ASKED));
	if (t == NULL)
		t = TAILQ_FIRST(remote_list(r, TICKET_QUEUED));
	if (t == NULL)
		return;
	if (t->state == TICKET_ASKED && t->q.op != SHARE_LOCK)
		r->under_way--;
	loop_defer(r->share.loop, &r->work);
	share_answered(t, &absent);
}

static void
remote_try(struct remote *r)
{
	static const struct channel_ops	 ops = {
	    .on_frame = remote_on_frame, .on_end = remote_on_end };
	int				 fd;

	if (r->wire == &lent_wire)
		return;
	fd = net_connect_unix(r->path);
	if (fd != -1) {
		r->channel = channel_new(r->share.loop, fd, IPC_SCRIPTED,
		    r->wire->peer, &ops, r);
		remote_tell_all(r);
	} else if (errno == ENOENT)
		remote_fail(r);
	else
		backoff_later(&r->again);
}

static void
remote_work(void *arg)
{
	struct remote	*r = arg;

	if (r->channel != NULL)
		remote_pump(r);
	else if (!r->again.timer.armed && !remote_idle(r))
		remote_try(r);
}

/* ---- What share.c asks for --------------------------------------------- */

static void
remote_ask(struct share *s)
{
	loop_defer(s->loop, &((struct remote *)s)->work);
}

static void
remote_drop(struct share *s, struct share_ticket *t)
{
	struct remote	*r = (struct remote *)s;

	if (t->state == TICKET_ASKED && t->q.op != SHARE_LOCK) {
		r->under_way--;
		loop_defer(s->loop, &r->work);
	} else if (t->state != TICKET_QUEUED && r->channel != NULL &&
	    r->wire->drop != NULL)
		r->wire->drop(r->channel, t->id);
}

static void
remote_free(struct share *s)
{
	struct remote	*r = (struct remote *)s;

	if (r->wire != &lent_wire)
		channel_free(&r->channel);
	backoff_fini(&r->again);
	loop_cancel(s->loop, &r->work);
	free(r->path);
	free(r);
}

static struct share *
remote_new(struct loop *l, const char *path, const struct remote_wire *wire)
{
	static const struct share_ops	 ops = { remote_ask, remote_drop,
	    remote_free };
	struct remote			*r = xcalloc(1, sizeof *r);

	share_init(&r->share, l, &ops);
	r->wire = wire;
	r->path = xstrdup(path);
	backoff_init(&r->again, l, remote_work, r);
	task_init(&r->work, remote_work, r);
	return &r->share;
}

struct share *
share_connect(struct loop *l, const char *path)
{
	return remote_new(l, path, &memory_wire);
}

struct share *
share_connect_queue(struct loop *l, const char *path)
{
	return remote_new(l, path, &quota_wire);
}

struct share *
share_lent_queue(struct loop *l)
{
	return remote_new(l, "", &lent_wire);
}

void
share_lend(struct share *s, struct channel *c)
{
	struct remote	*r = (struct remote *)s;

	r->channel = c;
	if (c != NULL)
		remote_tell_all(r);
}

int
share_heard(struct share *s, int type, struct rbuf *in)
{
	return remote_on_frame(s, type, in, -1);
}
