/*
 * Each client has a channel.  A request is either answered at once, or stays
 * open until the reload it asked for has come to an end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"
#include "compat/peer.h"
#include "event/gate.h"
#include "event/guests.h"
#include "ipc/channel.h"
#include "proc/access.h"

#include "control.h"
#include "flush.h"
#include "instance.h"
#include "socket_file.h"

#define CONTROL_CLIENTS_MAX	32
#define CONTROL_KEPT	8	/* of these, for who may do all */
#define CONTROL_UNREAD_MAX (1U << 20)	/* bytes of answers */
#define FLUSH_MS	5000	/* that workers have to answer */
#define PER_PROCESS_MAX		4

/* A reload that was asked for may have to wait for the one under way. */
enum client_waits { WAITS_NOT, WAITS_TURN, WAITS_END };

struct client {
	TAILQ_ENTRY(client)	 link;
	struct control		*control;
	struct channel		*channel;
	struct guest_id		 guest;
	enum client_waits	 waits;
	enum ipc_role		 role;
	uid_t			 uid;
	/* What it asked of all workers: 0: nothing; its number, how many were
	 * told, have not answered, what they have forgotten. */
	uint64_t		 flush, forgotten;
	int			 told, left;
	struct timer		 late;
};

struct control {
	struct instance		*instance;
	struct gate		*gate;
	char			*path;
	struct socket_file	 file;
	struct access		 access;
	struct guests		 guests;
	int			 fd;
	int			 count;
	uint64_t		 flushes;
	TAILQ_HEAD(, client)	 clients;
};

static void
client_free(struct client *cl)
{
	TAILQ_REMOVE(&cl->control->clients, cl, link);
	cl->control->count--;
	guests_leave(&cl->control->guests, &cl->guest);
	timer_fini(&cl->late);
	channel_free(&cl->channel);
	free(cl);
}

static void
client_line(struct client *cl, const struct diag *d)
{
	struct ipc_CTL_LINE	m = { .line = (uint32_t)d->line,
	    .column = (uint32_t)d->column, .warning = d->warning };

	(void)strlcpy(m.file, d->file, sizeof m.file);
	(void)strlcpy(m.text, d->text, sizeof m.text);
	CHANNEL_PUT(cl->channel, CTL_LINE, -1, &m);
}

static void
client_done(struct client *cl, bool failed, const char *text)
{
	struct ipc_CTL_DONE	m = { .failed = failed };

	(void)strlcpy(m.text, text, sizeof m.text);
	CHANNEL_PUT(cl->channel, CTL_DONE, -1, &m);
}

static void
client_process(struct client *cl, const struct process *p)
{
	struct ipc_CTL_PROCESS	m = { .pid = (uint32_t)p->pid,
	    .generation = p->generation->number, .restarts = p->restarts };

	if (p->state != PROCESS_NONE)
		m.age_ms = (uint64_t)(loop_now_ms(p->generation->house->loop) -
		    p->started_ms);
	(void)strlcpy(m.service, p->service->name, sizeof m.service);
	(void)strlcpy(m.program, p->service->command, sizeof m.program);
	(void)strlcpy(m.state, process_state_name(p), sizeof m.state);
	CHANNEL_PUT(cl->channel, CTL_PROCESS, -1, &m);
}

static void
client_certificates(struct client *cl, const struct certificates *list)
{
	const struct certificate	*one;
	struct ipc_CTL_CERTIFICATE	 m;

	STAILQ_FOREACH(one, &list->list, link) {
		(void)strlcpy(m.file, one->file, sizeof m.file);
		m.not_after = (uint64_t)one->not_after;
		CHANNEL_PUT(cl->channel, CTL_CERTIFICATE, -1, &m);
	}
}

static void
client_status(struct client *cl)
{
	struct instance		*i = cl->control->instance;
	struct generation	*g;
	struct process		*p;
	const struct sock	*sock;
	struct ipc_CTL_LISTENER	 m;

	TAILQ_FOREACH(sock, &i->house.sockets, link) {
		netaddr_text(&sock->addr, m.address, sizeof m.address);
		CHANNEL_PUT(cl->channel, CTL_LISTENER, -1, &m);
	}
	TAILQ_FOREACH(g, &i->generations, link)
		TAILQ_FOREACH(p, &g->processes, link)
			if (p->state != PROCESS_NONE ||
			    g->state == GENERATION_RUNNING)
				client_process(cl, p);
	if ((g = instance_running(i)) != NULL)
		client_certificates(cl, &g->certificates);
	client_done(cl, false, i->stopping ? "stopping" : "running");
}

/* What changes something is told to the log, with who asked for it. */
static void
client_log(const struct client *cl, const char *request, bool allowed)
{
	LOG(EV_CONTROL, NULL, LOG_STR("request", request),
	    LOG_STR("role", ipc_role_name(cl->role)), LOG_NUM("uid", cl->uid),
	    LOG_STR("allowed", allowed ? "yes" : "no"));
}

static bool
client_on_forbidden(void *arg, int type)
{
	struct client	*cl = arg;
	char		 text[128];

	client_log(cl, ipc_name(type), false);
	(void)snprintf(text, sizeof text, "not for you: it takes root or "
	    "the user of the instance, and your group may only %s",
	    ipc_role_name(cl->role));
	client_done(cl, true, text);
	return true;
}

/* ---- What all workers are asked ------------------------------------------ */

static void
client_flushed(void *arg)
{
	struct client	*cl = arg;
	char		 text[128];

	if (cl->left > 0)
		(void)snprintf(text, sizeof text, "%d of %d workers did not "
		    "answer", cl->left, cl->told);
	else
		(void)snprintf(text, sizeof text, "%llu forgotten, by %d "
		    "workers", (unsigned long long)cl->forgotten, cl->told);
	cl->flush = 0;
	timer_stop(&cl->late);
	client_done(cl, cl->left > 0, text);
}

static int
client_on_flush(struct client *cl, struct rbuf *r)
{
	struct instance		*i = cl->control->instance;
	struct ipc_CTL_FLUSH	 m;
	struct ipc_FLUSH	 f;
	struct process		*p;

	if (ipc_get_CTL_FLUSH(r, &m) == -1 || cl->flush != 0)
		return -1;
	if (m.what != FLUSH_CACHE_LIST)
		client_log(cl, ipc_name(IPC_CTL_FLUSH), true);
	f = (struct ipc_FLUSH){ .ask = ++cl->control->flushes,
	    .what = m.what };
	(void)strlcpy(f.function, m.function, sizeof f.function);
	cl->flush = f.ask;
	cl->forgotten = 0;
	cl->told = 0;
	TAILQ_FOREACH(p, &i->house.alive, alive)
		cl->told += flush_tell(p, &f);
	cl->left = cl->told;
	timer_start(&cl->late, cl->left > 0 ? FLUSH_MS : 0);
	return 0;
}

static struct client *
control_asker(const struct instance *i, uint64_t ask)
{
	struct control	*c = i->control;
	struct client	*cl;

	if (c == NULL)
		return NULL;
	TAILQ_FOREACH(cl, &c->clients, link)
		if (cl->flush != 0 && cl->flush == ask)
			return cl;
	return NULL;
}

void
control_cached(void *instance, pid_t pid, const struct ipc_CACHED *m)
{
	struct client	*cl = control_asker(instance, m->ask);

	if (cl != NULL)
		CHANNEL_SEND(cl->channel, CTL_CACHED, -1,
		    { .pid = (uint32_t)pid, .space = m->space,
		    .function = m->function, .entries = m->entries });
}

void
control_flushed(void *instance, const struct ipc_FLUSHED *m)
{
	struct client	*cl = control_asker(instance, m->ask);

	if (cl == NULL)
		return;
	cl->forgotten += m->count;
	if (--cl->left == 0)
		timer_start(&cl->late, 0);
}

static int
client_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct client	*cl = arg;
	struct instance	*i = cl->control->instance;
	uint64_t	 unused;

	(void)fd;
	if (channel_queued(cl->channel) > CONTROL_UNREAD_MAX)
		return -1;
	if (type == IPC_CTL_FLUSH)
		return client_on_flush(cl, r);
	if (wire_get_uint(r, &unused, 4) == -1 || r->len != 0)
		return -1;
	switch (type) {
	case IPC_CTL_STATUS:
		client_status(cl);
		return 0;
	case IPC_CTL_RELOAD:
		client_log(cl, ipc_name(type), true);
		cl->waits = WAITS_TURN;
		instance_reload(i);
		return 0;
	case IPC_CTL_STOP:
		client_log(cl, ipc_name(type), true);
		client_done(cl, false, "stopping");
		instance_stop(i);
		return 0;
	default:
		return -1;
	}
}

static void
client_on_end(void *arg)
{
	client_free(arg);
}

/* A worker may not ask, even where it has the user of the instance. */
static enum ipc_role
control_role(const struct control *c, int fd)
{
	const struct process	*p;
	uid_t			 uid;
	pid_t			 pid;

	if (peer_process(fd, &uid, &pid) == -1)
		return IPC_NOBODY;
	TAILQ_FOREACH(p, &c->instance->house.alive, alive)
		if (p->pid == pid)
			return IPC_NOBODY;
	return access_role(&c->access, fd);
}

static struct client *
control_add(struct control *c, int fd, enum ipc_role role)
{
	static const struct channel_ops	 ops = {
	    .on_frame = client_on_frame, .on_end = client_on_end,
	    .on_forbidden = client_on_forbidden };
	struct client			*cl = xcalloc(1, sizeof *cl);

	cl->control = c;
	cl->role = role;
	(void)peer_uid(fd, &cl->uid);
	timer_init(&cl->late, c->instance->house.loop, client_flushed, cl);
	cl->channel = channel_new(c->instance->house.loop, fd, IPC_MASTER,
	    role, &ops, cl);
	TAILQ_INSERT_TAIL(&c->clients, cl, link);
	c->count++;
	return cl;
}

/* Those who may only look on can't keep him out. */
static int
control_places(enum ipc_role role)
{
	return role == IPC_ADMIN ? CONTROL_CLIENTS_MAX :
	    CONTROL_CLIENTS_MAX - CONTROL_KEPT;
}

static void
control_accept(void *arg, struct gate *g)
{
	struct control	*c = arg;
	struct guest_id	 guest;
	enum ipc_role	 role;
	int		 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	role = control_role(c, fd);
	if (role == IPC_NOBODY || c->count >= control_places(role) ||
	    !guests_enter(&c->guests, fd, &guest)) {
		(void)close(fd);
		return;
	}
	control_add(c, fd, role)->guest = guest;
}

static int
control_bind(struct control *c, struct err *e)
{
	struct netaddr	a;

	if (netaddr_unix(&a, c->path, e) == -1)
		return -1;
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd == -1)
		return err_errno(e, "socket");
	(void)unlink(c->path);
	if (bind(c->fd, &a.u.sa, a.len) == -1 ||
	    socket_file_note(&c->file, c->path) == -1 ||
	    access_open(&c->access, c->path) == -1 || listen(c->fd, 16) == -1) {
		(void)err_errno(e, "%s", c->path);
		(void)close(c->fd);
		c->fd = -1;
		return -1;
	}
	c->gate = gate_new(c->instance->house.loop, c->fd, control_accept, c);
	return 0;
}

/* While the file is there it leads to us, so that nobody starts another master
 * whose file we would remove. */
static void
control_unbind(struct control *c)
{
	gate_free(&c->gate);
	if (c->fd == -1)
		return;
	socket_file_remove(&c->file, c->path);
	(void)close(c->fd);
	c->fd = -1;
}

static struct control *
control_new(struct instance *i, const char *path)
{
	struct control	*c = xcalloc(1, sizeof *c);

	c->instance = i;
	c->path = xstrdup(path);
	c->fd = -1;
	TAILQ_INIT(&c->clients);
	guests_init(&c->guests, PER_PROCESS_MAX, CONTROL_CLIENTS_MAX);
	return c;
}

struct control *
control_open(struct instance *i, const char *path,
    const struct access *access, struct err *e)
{
	struct control	*c = control_new(i, path);

	c->access = *access;
	if (control_bind(c, e) == -1)
		control_close(&c);
	return c;
}

int
control_access(struct control *c, const struct access *access)
{
	c->access = *access;
	return c->fd == -1 || !socket_file_there(&c->file, c->path) ? 0 :
	    access_open(&c->access, c->path);
}

struct control *
control_of(struct instance *i, int fd)
{
	struct control	*c = control_new(i, "");

	control_add(c, fd, IPC_ADMIN)->waits = WAITS_END;
	return c;
}

int
control_mend(struct control *c, struct err *e)
{
	if (c->fd != -1 && socket_file_there(&c->file, c->path))
		return 0;
	control_unbind(c);
	return control_bind(c, e);
}

void
control_close(struct control **cp)
{
	struct control	*c = *cp;
	struct client	*cl;

	if (c == NULL)
		return;
	/* First: who waits for our end by its connection may start another
	 * master then. */
	control_unbind(c);
	while ((cl = TAILQ_FIRST(&c->clients)) != NULL) {
		channel_flush(cl->channel);
		client_free(cl);
	}
	guests_fini(&c->guests);
	free(c->path);
	free(c);
	*cp = NULL;
}

void
control_line(struct control *c, const struct diag *d)
{
	struct client	*cl;

	TAILQ_FOREACH(cl, &c->clients, link)
		if (cl->waits == WAITS_END)
			client_line(cl, d);
}

void
control_reload_begins(struct control *c)
{
	struct client	*cl;

	TAILQ_FOREACH(cl, &c->clients, link)
		if (cl->waits == WAITS_TURN)
			cl->waits = WAITS_END;
}

void
control_reloaded(struct control *c, bool failed, const char *text)
{
	struct client	*cl;

	TAILQ_FOREACH(cl, &c->clients, link)
		if (cl->waits == WAITS_END) {
			cl->waits = WAITS_NOT;
			client_done(cl, failed, text);
		}
}
