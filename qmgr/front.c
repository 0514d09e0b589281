/*
 * Clients: mtactl, one question at a time each.
 *
 * A client's user decides what it may ask: root and the instance's own user
 * all, members of two groups less, one of mailq_users what he sent himself.
 * Workers of ours are others (agent.c, quota.c), or nobody.  Questions take
 * turns of some milliseconds; one that waits for credit takes none.
 */
#include <sys/queue.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/gate.h"
#include "event/guests.h"
#include "ipc/channel.h"

#include "delivery.h"
#include "desk.h"
#include "live.h"
#include "query.h"
#include "quota.h"
#include "rights.h"
#include "teller.h"
#include "trace.h"

#define FRONT_CLIENTS_MAX	32
#define FRONT_KEPT		8	/* of these, for who may do all */
#define FRONT_PER_PROCESS	4
#define FRONT_PER_USER		16
/* Of the clients that are told of their own entries alone: they must not take
 * the places of those who look after the queue. */
#define FRONT_OWNERS_MAX	16
#define FRONT_PER_OWNER		4
#define FRONT_TERMS		QUEUE_FILTER_MAX
#define FRONT_ASSIGNS		64
#define FRONT_CREDIT_MAX	1024
/* Answers that a client has not read, at which it is given no more. */
#define FRONT_UNREAD_MAX	(1 << 20)

struct client {
	TAILQ_ENTRY(client)	 link;
	struct channel		*channel;
	struct guest_id		 guest;
	enum ipc_role		 role;
	uid_t			 uid;
	struct query		*query;
	struct trace		*trace;		/* no more is asked */
	bool			 asked;		/* the query is complete */
	uint32_t		 credit;	/* before there is a query */
};

static struct {
	TAILQ_HEAD(, client)	 clients;
	struct guests		 guests;
	int			 count;
	struct timer		 turn;
} front = { .clients = TAILQ_HEAD_INITIALIZER(front.clients) };

static void
client_free(struct client *cl)
{
	TAILQ_REMOVE(&front.clients, cl, link);
	front.count--;
	guests_leave(&front.guests, &cl->guest);
	query_free(&cl->query);
	trace_free(&cl->trace);
	channel_free(&cl->channel);
	free(cl);
}

static void
client_answered(struct client *cl)
{
	cl->credit = cl->query->credit;
	cl->asked = false;
	query_free(&cl->query);
}

/* ---- Turns --------------------------------------------------------------- */

static bool
client_waits(const struct client *cl)
{
	return !cl->asked || (cl->query->credit == 0 &&
	    !query_changes(cl->query) && cl->query->kind != QUERY_GROUP);
}

/* It has credit, and reads nothing: client_on_room() goes on. */
static bool
client_full(struct client *cl)
{
	if (channel_queued(cl->channel) <= FRONT_UNREAD_MAX)
		return false;
	channel_await_room(cl->channel);
	return true;
}

static void
client_on_room(void *arg)
{
	(void)arg;
	timer_start(&front.turn, 0);
}

static void
front_turn(void *arg)
{
	struct client	*cl, *next;
	bool		 more = false;

	(void)arg;
	TAILQ_FOREACH_SAFE(cl, &front.clients, link, next) {
		if (client_waits(cl) || client_full(cl))
			continue;
		if (query_slice(cl->query) == 0)
			client_answered(cl);
		else
			more = more || cl->query->credit > 0 ||
			    cl->query->sorted == NULL;
	}
	if (more)
		timer_start(&front.turn, 1);
}

void
front_interrupt(const char *why)
{
	struct client	*cl;

	TAILQ_FOREACH(cl, &front.clients, link)
		if (cl->asked) {
			query_done(cl->query, why);
			client_answered(cl);
		}
}

/* ---- What is asked ------------------------------------------------------- */

static struct query *
client_query(struct client *cl)
{
	if (cl->query == NULL) {
		cl->query = query_new(cl->channel, cl->uid);
		cl->query->own = cl->role == IPC_OWNER;
	}
	return cl->query;
}

static void
client_refuse(struct client *cl, const char *why)
{
	query_done(client_query(cl), why);
	client_answered(cl);
}

static int
client_ask(struct client *cl, enum query_kind kind, uint64_t limit,
    bool dry_run)
{
	struct query		*q = client_query(cl);
	struct keeper_state	 s;

	q->kind = kind;
	q->limit = limit;
	q->dry_run = dry_run;
	q->credit = cl->credit;
	keeper_state(&s);
	if (!s.ready) {
		/* Nothing was changed: nothing is logged of it. */
		q->dry_run = true;
		client_refuse(cl, s.text);
	} else {
		cl->asked = true;
		timer_start(&front.turn, 0);
	}
	return 0;
}

static int
client_on_term(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_TERM	m;
	struct err		e;

	if (ipc_get_QUEUE_TERM(r, &m) == -1)
		return -1;
	/* mtactl has looked at it before: it is another version. */
	return queue_filter_add(client_query(cl)->filter, str_of(m.name),
	    m.value, &e);
}

static int
client_on_credit(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_CREDIT	 m;
	uint32_t		*credit = cl->asked ? &cl->query->credit :
				    &cl->credit;

	if (ipc_get_QUEUE_CREDIT(r, &m) == -1 ||
	    m.frames > FRONT_CREDIT_MAX)
		return -1;
	*credit += m.frames;
	if (*credit > FRONT_CREDIT_MAX)
		*credit = FRONT_CREDIT_MAX;
	if (cl->asked)
		timer_start(&front.turn, 0);
	return 0;
}

static int
client_on_list(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_LIST	 m;
	struct query		*q = client_query(cl);

	if (ipc_get_QUEUE_LIST(r, &m) == -1 || query_after(q, m.after) == -1)
		return -1;
	if (m.group[0] == '\0')
		return client_ask(cl, QUERY_LIST, m.limit, false);
	q->group = queue_field_group(str_of(m.group));
	if (q->group == QUEUE_FIELDS)
		return -1;
	return client_ask(cl, QUERY_GROUP, 0, false);
}

static int
client_on_assign(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_ASSIGN	 m;
	struct query		*q = client_query(cl);
	struct assign		*a;
	struct err		 e;

	if (ipc_get_QUEUE_ASSIGN(r, &m) == -1 ||
	    q->assigns == FRONT_ASSIGNS)
		return -1;
	if (change_check(m.name, m.key, m.value, &e) == -1 &&
	    q->refused == NULL)
		q->refused = xstrdup(e.text);
	q->assign = xreallocarray(q->assign, q->assigns + 1,
	    sizeof *q->assign);
	a = &q->assign[q->assigns++];
	a->name = xstrdup(m.name);
	a->key = xstrndup(m.key.len > 0 ? m.key.p : "", m.key.len);
	a->value.p = xstrndup(m.value.len > 0 ? m.value.p : "", m.value.len);
	a->value.len = m.value.len;
	return 0;
}

static int
client_on_hold(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_HOLD	m;

	if (ipc_get_QUEUE_HOLD(r, &m) == -1)
		return -1;
	return client_ask(cl, m.release == 0 ? QUERY_HOLD : m.release == 1 ?
	    QUERY_RELEASE : QUERY_RETRY, m.limit, m.dry_run);
}

static int
client_on_set(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_SET	 m;
	struct query		*q = client_query(cl);

	if (ipc_get_QUEUE_SET(r, &m) == -1 || q->assigns == 0)
		return -1;
	if (q->refused != NULL) {
		client_refuse(cl, q->refused);
		return 0;
	}
	return client_ask(cl, QUERY_SET, m.limit, m.dry_run);
}

static int
client_on_delete(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_DELETE	m;

	if (ipc_get_QUEUE_DELETE(r, &m) == -1)
		return -1;
	return client_ask(cl, m.bounce ? QUERY_BOUNCE : QUERY_DELETE, m.limit,
	    m.dry_run);
}

/* Only what is named one by one: that is what lies in files. */
static int
client_on_exported(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_EXPORTED	m;

	if (ipc_get_QUEUE_EXPORTED(r, &m) == -1 ||
	    queue_filter_ids(client_query(cl)->filter) == 0)
		return -1;
	return client_ask(cl, QUERY_EXPORTED, 0, false);
}

/* Of entries that are named one by one. */
static int
client_on_explain(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_EXPLAIN	m;

	if (ipc_get_QUEUE_EXPLAIN(r, &m) == -1 ||
	    queue_filter_ids(client_query(cl)->filter) == 0)
		return -1;
	return client_ask(cl, QUERY_EXPLAIN, 0, false);
}

static int
client_on_cat(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_CAT	 m;
	struct query		*q = client_query(cl);

	if (ipc_get_QUEUE_CAT(r, &m) == -1 || m.id.len != SPOOL_ID_SIZE)
		return -1;
	spool_id_get(&q->id, (const unsigned char *)m.id.p);
	q->original = m.original;
	return client_ask(cl, QUERY_CAT, 0, false);
}

static int
client_on_trace(struct client *cl, struct rbuf *r)
{
	struct query	*q = client_query(cl);

	cl->trace = trace_new(cl->channel, cl->uid, q->filter, r);
	return cl->trace != NULL ? 0 : -1;
}

static int
client_on_quota(struct client *cl, struct rbuf *r)
{
	struct ipc_QUEUE_QUOTA	 m;
	struct query		*q = client_query(cl);

	if (ipc_get_QUEUE_QUOTA(r, &m) == -1)
		return -1;
	buf_clear(&q->scratch);
	buf_add_str(&q->scratch, m.name);
	return client_ask(cl, QUERY_QUOTA, 0, false);
}

static int
client_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct client	*cl = arg;
	const struct live_asker who = { cl->channel, cl->role, cl->uid };
	const char	*why = NULL;
	uint64_t	 unused;
	int		 at_desk;

	(void)fd;
	if (type == IPC_QUEUE_CREDIT)
		return client_on_credit(cl, r);
	if (cl->asked || cl->trace != NULL)
		return -1;		/* one at a time */
	if (channel_queued(cl->channel) > FRONT_UNREAD_MAX)
		return -1;		/* it reads no answer, and asks on */
	if (type == IPC_LIVE_ADD)
		return live_on_add(&who, r);
	if (type == IPC_LIVE_DELETE)
		return live_on_delete(&who, r);
	if ((at_desk = desk_on_frame(client_query(cl), type, r,
	    &why)) == 2)
		client_refuse(cl, why);
	else if (at_desk == 1)
		return client_ask(cl, QUERY_TEXT, 0, false);
	if (at_desk != 0)
		return at_desk == 2 ? 0 : -1;
	switch (type) {
	case IPC_QUEUE_TERM:
		return client_on_term(cl, r);
	case IPC_QUEUE_LIST:
		return client_on_list(cl, r);
	case IPC_QUEUE_STATS:
		return wire_get_uint(r, &unused, 4) == -1 || r->len != 0 ?
		    -1 : client_ask(cl, QUERY_STATS, 0, false);
	case IPC_QUEUE_QUOTA:
		return client_on_quota(cl, r);
	case IPC_QUEUE_HOLD:
		return client_on_hold(cl, r);
	case IPC_QUEUE_ASSIGN:
		return client_on_assign(cl, r);
	case IPC_QUEUE_SET:
		return client_on_set(cl, r);
	case IPC_QUEUE_DELETE:
		return client_on_delete(cl, r);
	case IPC_QUEUE_EXPORTED:
		return client_on_exported(cl, r);
	case IPC_QUEUE_CAT:
		return client_on_cat(cl, r);
	case IPC_QUEUE_EXPLAIN:
		return client_on_explain(cl, r);
	case IPC_QUEUE_TRACE:
		return client_on_trace(cl, r);
	default:
		return -1;
	}
}

static void
client_on_end(void *arg)
{
	client_free(arg);
}

/* ---- Who comes ----------------------------------------------------------- */

static bool
front_owners_full(uid_t uid)
{
	const struct client	*cl;
	int			 all = 0, own = 0;

	TAILQ_FOREACH(cl, &front.clients, link)
		if (cl->role == IPC_OWNER) {
			all++;
			own += cl->uid == uid;
		}
	return all >= FRONT_OWNERS_MAX || own >= FRONT_PER_OWNER;
}

static int
front_places(enum ipc_role role)
{
	return role == IPC_ADMIN ? FRONT_CLIENTS_MAX :
	    FRONT_CLIENTS_MAX - FRONT_KEPT;
}

static void
front_greet(struct client *cl)
{
	struct ipc_QUEUE_STATE	m = { .table_hash = ipc_table_hash() };
	struct keeper_state	s;

	keeper_state(&s);
	m.ready = s.ready;
	m.done = s.done;
	m.all = s.all;
	(void)strlcpy(m.role, ipc_role_name(cl->role), sizeof m.role);
	(void)strlcpy(m.text, s.text, sizeof m.text);
	CHANNEL_PUT(cl->channel, QUEUE_STATE, -1, &m);
}

static void
front_refuse(int fd, uid_t uid, const char *why)
{
	LOG(EV_QUEUE_STRANGER, NULL, LOG_NUM("uid", uid),
	    LOG_STR("reason", why));
	(void)close(fd);
}

static void
front_accept(void *arg, struct gate *g)
{
	static const struct channel_ops	 ops = { .on_frame = client_on_frame,
	    .on_end = client_on_end, .on_room = client_on_room };
	struct worker			*w = arg;
	struct client			*cl;
	struct guest_id			 guest;
	enum ipc_role			 role;
	uid_t				 uid = 0;
	pid_t				 pid = 0;
	int				 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	if ((role = rights_role(fd, &uid, &pid)) == IPC_NOBODY) {
		front_refuse(fd, uid, "it may ask nothing");
		return;
	}
	if (role == IPC_DELIVER) {
		agent_accept(fd, pid);
		return;
	}
	if (role == IPC_BOUNCE) {
		teller_accept(fd, pid);
		return;
	}
	if (role == IPC_SMTPD) {
		if (quota_accept(w, fd) == -1)
			front_refuse(fd, uid, "too many connections");
		return;
	}
	if (front.count >= front_places(role) ||
	    (role == IPC_OWNER && front_owners_full(uid)) ||
	    !guests_enter(&front.guests, fd, &guest)) {
		front_refuse(fd, uid, "too many connections");
		return;
	}
	cl = xcalloc(1, sizeof *cl);
	cl->guest = guest;
	cl->role = role;
	cl->uid = uid;
	cl->channel = channel_new(w->loop, fd, IPC_QMGR, role, &ops, cl);
	TAILQ_INSERT_TAIL(&front.clients, cl, link);
	front.count++;
	front_greet(cl);
}

/* ---- Start --------------------------------------------------------------- */

/* With all rights, before the jail. */
int
front_prepare(struct worker *w)
{
	if (rights_prepare(w) == -1)
		return -1;
	guests_init(&front.guests, FRONT_PER_PROCESS, FRONT_PER_USER);
	quota_prepare();
	timer_init(&front.turn, w->loop, front_turn, NULL);
	return 0;
}

void
front_start(struct worker *w)
{
	worker_accept(w, front_accept);
}
