/*
 * share - what scripts of all workers share; see share(8)
 *
 * One desk (common/share) for all workers, each with a connection.  What a
 * worker held goes when its connection does.  A process that takes the place
 * of one that died grants no lock for GRACE_MS: the workers, whose
 * connections wait in the backlog, say first what they hold.
 *
 * Kept over reloads (SINGLE in programs.def).  Told to drain, it stays until
 * the last worker has gone, but not beyond the hard limit.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "compat/peer.h"
#include "event/gate.h"
#include "event/guests.h"
#include "ipc/channel.h"
#include "proc/access.h"
#include "proc/daemon.h"
#include "share/desk.h"
#include "share/wire.h"

#define GRACE_MS	1000
#define SWEEP_MS	1000
#define CLIENTS_MAX	2048
#define PER_PROCESS_MAX	8	/* a worker has one, and soon a new one */
#define LIST_MAX	10000	/* rows for mtactl */
#define PER_USER_MAX	(CLIENTS_MAX - 64)

struct client {
	struct desk_client	 desk;		/* first */
	TAILQ_ENTRY(client)	 link;
	struct channel		*channel;
	struct guest_id		 guest;
	enum ipc_role		 role;
	uid_t			 uid;
	struct task		 bye;		/* frees it */
	bool			 known;		/* has said hello */
	bool			 leaving;
};

static struct {
	struct worker		*worker;
	struct desk		*desk;
	TAILQ_HEAD(, client)	 clients;
	struct guests		 guests;
	struct access		 access;
	size_t			 count;
	struct timer		 grace;
	struct timer		 sweep;
	struct timer		 hard;
	struct desk_figures	 shown;
} service = { .clients = TAILQ_HEAD_INITIALIZER(service.clients) };

static void
service_figures(void)
{
	struct desk_figures	now, *was = &service.shown;

	desk_figures(service.desk, &now);
	board_add(COUNTER_share_keys, (int64_t)now.keys -
	    (int64_t)was->keys);
	board_add(COUNTER_share_bytes, (int64_t)now.bytes -
	    (int64_t)was->bytes);
	board_add(COUNTER_share_locks, (int64_t)now.claims -
	    (int64_t)was->claims);
	*was = now;
}

/* ---- Clients ----------------------------------------------------------- */

static void
client_free(void *arg)
{
	struct client	*c = arg;

	TAILQ_REMOVE(&service.clients, c, link);
	service.count--;
	guests_leave(&service.guests, &c->guest);
	desk_leave(service.desk, &c->desk);
	service_figures();
	loop_cancel(service.worker->loop, &c->bye);
	channel_free(&c->channel);
	free(c);
	if (service.worker->draining && service.count == 0)
		worker_exit(service.worker);
}

/* The desk may be calling: the client is freed at the end of the turn. */
static void
client_drop(struct client *c, const char *why)
{
	if (c->leaving)
		return;
	c->leaving = true;
	LOG(EV_SHARE_REFUSED, NULL, LOG_STR("reason", why));
	loop_defer(service.worker->loop, &c->bye);
}

static void
client_answer(void *arg, struct desk_client *dc, uint64_t id,
    const struct share_answer *a)
{
	struct client		*c = (struct client *)dc;
	struct ipc_SHARE_ANSWER	 m;

	(void)arg;
	if (c->leaving)
		return;
	share_put_answer(id, a, &m);
	CHANNEL_PUT(c->channel, SHARE_ANSWER, -1, &m);
}

/* What changes something is told to the log. */
static void
client_log(const struct client *c, int type)
{
	LOG(EV_CONTROL, NULL, LOG_STR("request", ipc_name(type)),
	    LOG_STR("role", ipc_role_name(c->role)), LOG_NUM("uid", c->uid),
	    LOG_STR("allowed", "yes"));
}

static int
client_on_hello(struct client *c, struct rbuf *r)
{
	struct ipc_SHARE_HELLO	m;

	if (ipc_get_SHARE_HELLO(r, &m) == -1 || c->known)
		return -1;
	c->known = true;
	if (m.table_hash != ipc_table_hash())
		client_drop(c, "it is of another version");
	return 0;
}

static int
client_on_held(struct client *c, struct rbuf *r)
{
	struct ipc_SHARE_HELD	m;

	if (ipc_get_SHARE_HELD(r, &m) == -1 || m.name.len > SHARE_KEY_MAX)
		return -1;
	if (desk_hold(service.desk, &c->desk, m.id, m.name) == -1)
		LOG(EV_SHARE_REFUSED, NULL, LOG_BYTES("barrier", m.name),
		    LOG_STR("reason", "it is held by another"));
	return 0;
}

static int
client_on_ask(struct client *c, struct rbuf *r)
{
	struct ipc_SHARE_ASK	m;
	struct share_question	q;

	if (ipc_get_SHARE_ASK(r, &m) == -1 ||
	    share_get_question(&m, &q) == -1 ||
	    (c->role == IPC_ADMIN && q.op == SHARE_LOCK))
		return -1;
	if (c->role == IPC_ADMIN && q.op != SHARE_FETCH)
		client_log(c, IPC_SHARE_ASK);
	if (desk_ask(service.desk, &c->desk, m.id, &q,
	    loop_now_ms(service.worker->loop)) == -1)
		return -1;
	COUNT(share_questions);
	return 0;
}

static int
client_on_drop(struct client *c, struct rbuf *r)
{
	struct ipc_SHARE_DROP	m;

	if (ipc_get_SHARE_DROP(r, &m) == -1)
		return -1;
	desk_drop(service.desk, &c->desk, m.id);
	return 0;
}

/* ---- mtactl -------------------------------------------------------------- */

struct client_list {
	struct client	*client;
	uint64_t	 left;
};

static void
client_row(void *arg, const struct vault_seen *v)
{
	struct client_list	*l = arg;

	if (l->left == 0)
		return;
	l->left--;
	CHANNEL_SEND(l->client->channel, SHARE_ROW, -1, { .key = v->key,
	    .bytes = v->bytes, .left_ms = (uint64_t)v->left_ms,
	    .hits = v->hits, .interval_ms = (uint64_t)v->interval_ms });
}

static int
client_on_list(struct client *c, struct rbuf *r)
{
	struct client_list	l = { c, LIST_MAX };
	struct ipc_SHARE_LIST	m;
	size_t			count;

	if (ipc_get_SHARE_LIST(r, &m) == -1 ||
	    channel_queued(c->channel) > 0)
		return -1;
	if (m.limit < l.left)
		l.left = m.limit;
	count = desk_list(service.desk, m.rates != 0, m.prefix,
	    loop_now_ms(service.worker->loop), client_row, &l);
	CHANNEL_SEND(c->channel, SHARE_LISTED, -1, { .count = count });
	return 0;
}

static int
client_on_clear(struct client *c, struct rbuf *r)
{
	struct ipc_SHARE_CLEAR	m;
	size_t			count;

	if (ipc_get_SHARE_CLEAR(r, &m) == -1)
		return -1;
	client_log(c, IPC_SHARE_CLEAR);
	count = desk_clear(service.desk, m.rates != 0, m.prefix,
	    loop_now_ms(service.worker->loop));
	CHANNEL_SEND(c->channel, SHARE_LISTED, -1, { .count = count });
	return 0;
}

static int
client_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct client	*c = arg;
	int		 rc = -1;

	(void)fd;
	if (c->leaving)
		return 0;
	if (type == IPC_SHARE_HELLO)
		return client_on_hello(c, r);
	if (!c->known)
		return -1;
	if (type == IPC_SHARE_HELD)
		rc = client_on_held(c, r);
	else if (type == IPC_SHARE_ASK)
		rc = client_on_ask(c, r);
	else if (type == IPC_SHARE_DROP)
		rc = client_on_drop(c, r);
	else if (type == IPC_SHARE_LIST)
		rc = client_on_list(c, r);
	else if (type == IPC_SHARE_CLEAR)
		rc = client_on_clear(c, r);
	service_figures();
	return rc;
}

static void
client_on_end(void *arg)
{
	client_free(arg);
}

/* A worker without scripts may not ask, whatever its user is. */
static enum ipc_role
service_role(struct worker *w, int fd)
{
	enum ipc_role	role = worker_peer_role(w, fd);

	if (role == IPC_NOBODY)
		role = access_role(&service.access, fd) & IPC_ADMIN;
	return role & IPC_SHARER;
}

static void
service_accept(void *arg, struct gate *g)
{
	static const struct channel_ops	 ops = {
	    .on_frame = client_on_frame, .on_end = client_on_end };
	struct worker			*w = arg;
	struct client			*c;
	struct guest_id			 guest;
	enum ipc_role			 role;
	int				 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	role = service_role(w, fd);
	if (role == IPC_NOBODY) {
		LOG(EV_SHARE_REFUSED, NULL, LOG_STR("reason",
		    "it is neither a worker with scripts nor mtactl"));
		(void)close(fd);
		return;
	}
	if (service.count >= CLIENTS_MAX ||
	    !guests_enter(&service.guests, fd, &guest)) {
		LOG(EV_SHARE_REFUSED, NULL, LOG_STR("reason",
		    "too many connections"));
		(void)close(fd);
		return;
	}
	c = xcalloc(1, sizeof *c);
	c->guest = guest;
	c->role = role;
	(void)peer_uid(fd, &c->uid);
	desk_enter(service.desk, &c->desk);
	task_init(&c->bye, client_free, c);
	c->channel = channel_new(w->loop, fd, IPC_SHARE, role, &ops, c);
	TAILQ_INSERT_TAIL(&service.clients, c, link);
	service.count++;
}

/* ---- The service ------------------------------------------------------- */

static void
service_open(void *arg)
{
	(void)arg;
	desk_open(service.desk);
}

static void
service_sweep(void *arg)
{
	(void)arg;
	desk_sweep(service.desk, loop_now_ms(service.worker->loop));
	service_figures();
	timer_start(&service.sweep, SWEEP_MS);
}

static void
service_end(void *arg)
{
	worker_exit(arg);
}

static int
share_prepare(struct worker *w)
{
	const char	*parameter;
	struct err	 e;

	service.worker = w;
	if (access_load(&service.access, &w->params, w->directory,
	    &parameter, &e) == -1) {
		worker_refuse_value(w, parameter, e.text);
		return -1;
	}
	guests_init(&service.guests, PER_PROCESS_MAX, PER_USER_MAX);
	service.desk = desk_new((size_t)w->params.share_memory_limit,
	    client_answer, NULL);
	timer_init(&service.grace, w->loop, service_open, NULL);
	timer_init(&service.sweep, w->loop, service_sweep, NULL);
	timer_init(&service.hard, w->loop, service_end, w);
	return 0;
}

static int
share_start(struct worker *w)
{
	worker_accept(w, service_accept);
	timer_start(&service.grace, w->restarts > 0 ? GRACE_MS : 0);
	timer_start(&service.sweep, SWEEP_MS);
	return 0;
}

static void
share_renew(struct worker *w)
{
	desk_set_limit(service.desk, (size_t)w->params.share_memory_limit);
	worker_accept(w, service_accept);
}

static void
share_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	if (service.count == 0)
		worker_exit(w);
	else
		timer_start(&service.hard, hard_ms);
}

static const struct daemon	share_daemon = {
	.program = "share",
	.prepare = share_prepare,
	.start = share_start,
	.drain = share_drain,
	.renew = share_renew,
};

int
main(int argc, char **argv)
{
	return daemon_main(&share_daemon, argc, argv);
}
