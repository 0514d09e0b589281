/*
 * States of a worker: told (frames until START) -> prepared -> jailed ->
 * loaded -> sandboxed -> started (READY) -> draining -> ended.  One that is
 * kept over a reload is told its parameters again, then RENEW, and stays
 * started.  SIGTERM is a drain with shutdown_limit; a lost master is a drain
 * of ORPHAN_MS.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/mem.h"
#include "compat/peer.h"
#include "compat/title.h"
#include "conf/log_params.h"
#include "event/gate.h"
#include "ipc/channel.h"

#include "confine.h"
#include "daemon.h"
#include "flush.h"

#define DAEMON_CHANNEL	3
#define ORPHAN_MS	4000

void
worker_refuse(struct worker *w, const char *file, int line, int column,
    const char *text)
{
	struct ipc_REFUSED	m = { .line = (uint32_t)line,
	    .column = (uint32_t)column };

	(void)strlcpy(m.file, file, sizeof m.file);
	(void)strlcpy(m.text, text, sizeof m.text);
	CHANNEL_PUT(w->master, REFUSED, -1, &m);
}

void
worker_refuse_value(struct worker *w, const char *parameter,
    const char *text)
{
	struct ipc_REFUSED	m = { .line = 0 };

	(void)strlcpy(m.parameter, parameter, sizeof m.parameter);
	(void)strlcpy(m.file, parameter, sizeof m.file);
	(void)strlcpy(m.text, text, sizeof m.text);
	CHANNEL_PUT(w->master, REFUSED, -1, &m);
}

void
worker_certificate(struct worker *w, const char *parameter,
    const char *file, int64_t not_after)
{
	struct ipc_CERTIFICATE	m = { .not_after = (uint64_t)not_after };

	(void)strlcpy(m.parameter, parameter, sizeof m.parameter);
	(void)strlcpy(m.file, file, sizeof m.file);
	CHANNEL_PUT(w->master, CERTIFICATE, -1, &m);
	board_certificate(not_after);
}

void
worker_warn(struct worker *w, const char *file, int line, int column,
    const char *text)
{
	struct ipc_WARNING	m = { .line = (uint32_t)line,
	    .column = (uint32_t)column };

	(void)strlcpy(m.file, file, sizeof m.file);
	(void)strlcpy(m.text, text, sizeof m.text);
	CHANNEL_PUT(w->master, WARNING, -1, &m);
}

void
worker_exit(struct worker *w)
{
	loop_stop(w->loop);
}

void
worker_accept(struct worker *w, void (*fn)(void *arg, struct gate *g))
{
	struct listener	*l, *next;

	STAILQ_FOREACH_SAFE(l, &w->listeners, link, next) {
		if (!l->stale) {
			if (l->gate == NULL)
				l->gate = gate_new(w->loop, l->fd, fn, w);
			continue;
		}
		gate_free(&l->gate);
		(void)close(l->fd);
		STAILQ_REMOVE(&w->listeners, l, listener, link);
		free(l->address);
		free(l);
	}
}

const char *
worker_path(const struct worker *w, const char *path, char *out, size_t size)
{
	if (path[0] == '\0' || path[0] == '/')
		(void)strlcpy(out, path, size);
	else
		(void)snprintf(out, size, "%s/%s", w->directory, path);
	return out;
}

const char *
worker_socket(const struct worker *w, const char *name, char *path,
    size_t size)
{
	confine_run_directory(w, true, path, size);
	if (strlcat(path, "/", size) >= size ||
	    strlcat(path, name, size) >= size)
		path[0] = '\0';
	return path;
}

const struct script *
worker_script(const struct worker *w, const char *path)
{
	const struct script	*s;

	STAILQ_FOREACH(s, &w->scripts, link)
		if (strcmp(s->path, path) == 0)
			return s;
	return NULL;
}

/* Once: there is no way to syslog's socket from inside the jail. */
static void
worker_open_log(struct worker *w)
{
	const char	*target = w->params.log_target;

	log_params(&w->params);
	if (strcmp(target, "syslog") == 0) {
		if (!w->syslog)
			log_open(w->daemon->program, LOG_TO_SYSLOG, -1);
		w->syslog = true;
		return;
	}
	w->syslog = false;
	if (strcmp(target, "stdout") == 0)
		log_open(w->daemon->program, LOG_TO_FD, STDOUT_FILENO);
}

/* ---- What master says -------------------------------------------------- */

static void
worker_title(const struct worker *w)
{
	title_set("halyard %s: %s generation %u in %s", w->daemon->program,
	    w->service, w->generation, w->directory);
}

static int
worker_on_setup(struct worker *w, struct rbuf *r)
{
	struct ipc_SETUP	m;

	if (ipc_get_SETUP(r, &m) == -1 || w->service != NULL)
		return -1;
	w->service = xstrdup(m.service);
	w->directory = xstrdup(m.directory);
	w->generation = m.generation;
	w->workers = m.workers;
	w->restarts = m.restarts;
	w->root = geteuid() == 0 && !sandbox_foreign();
	w->unpriv = w->root && m.unpriv != 0;
	w->chroot = w->root && m.chroot != 0;
	w->check = m.check != 0;
	worker_title(w);
	return 0;
}

static int
worker_on_parameter(struct worker *w, struct rbuf *r)
{
	struct ipc_PARAMETER	m;
	struct err		e;

	if (ipc_get_PARAMETER(r, &m) == -1)
		return -1;
	return params_set(&w->params, m.name, m.value, &e);
}

static int
worker_on_script(struct worker *w, struct rbuf *r)
{
	struct ipc_SCRIPT	 m;
	struct script		*s;

	if (ipc_get_SCRIPT(r, &m) == -1)
		return -1;
	s = xcalloc(1, sizeof *s);
	s->path = xstrdup(m.path);
	s->text.p = xstrndup(m.text.p, m.text.len);
	s->text.len = m.text.len;
	STAILQ_INSERT_TAIL(&w->scripts, s, link);
	return 0;
}

static int
worker_on_listener(struct worker *w, struct rbuf *r, int fd)
{
	struct ipc_LISTENER	 m;
	struct listener		*l;

	if (ipc_get_LISTENER(r, &m) == -1) {
		(void)close(fd);
		return -1;
	}
	if (w->started && !w->relisting)
		STAILQ_FOREACH(l, &w->listeners, link)
			l->stale = true;
	w->relisting = w->started;
	l = xcalloc(1, sizeof *l);
	l->fd = fd;
	l->address = xstrdup(m.address);
	STAILQ_INSERT_TAIL(&w->listeners, l, link);
	return 0;
}

static int
worker_on_board(struct worker *w, struct rbuf *r, int fd)
{
	struct ipc_BOARD	 m;
	struct board		*b = NULL;
	struct page		*page;
	struct err		 e;

	if (ipc_get_BOARD(r, &m) == 0)
		b = board_map(fd, m.own != 0, &e);
	(void)close(fd);
	if (b == NULL)
		return -1;
	if (m.own != 0) {
		b->pid = (uint32_t)getpid();
		board_set_self(b);
		return 0;
	}
	page = xcalloc(1, sizeof *page);
	page->board = b;
	page->slot = m.slot;
	STAILQ_INSERT_TAIL(&w->pages, page, link);
	return 0;
}

static void
worker_on_log_lost(uint64_t lines)
{
	board_add(COUNTER_log_lines_lost, (int64_t)lines);
}

static int
worker_on_log_file(struct worker *w, struct rbuf *r, int fd)
{
	struct ipc_LOG_FILE	m;

	if (ipc_get_LOG_FILE(r, &m) == -1) {
		(void)close(fd);
		return -1;
	}
	log_open(w->daemon->program, LOG_TO_FD, fd);
	return 0;
}

/* ---- What a single is told of the others ------------------------------- */

static int
worker_on_sibling(struct worker *w, struct rbuf *r)
{
	struct ipc_WORKER_LIST	 m;
	const struct sibling	*s;

	if (ipc_get_WORKER_LIST(r, &m) == -1)
		return -1;
	s = siblings_add(&w->siblings, &m);
	if (s != NULL && w->started && w->daemon->sibling != NULL)
		w->daemon->sibling(w, s);
	return 0;
}

static int
worker_on_bereft(struct worker *w, struct rbuf *r)
{
	struct ipc_WORKER_GONE	 m;
	struct sibling		*s;

	if (ipc_get_WORKER_GONE(r, &m) == -1)
		return -1;
	s = siblings_take(&w->siblings, (pid_t)m.pid);
	if (s != NULL)
		s->culprit = m.culprit;
	if (s != NULL && w->started && w->daemon->bereft != NULL)
		w->daemon->bereft(w, s, (int)m.signal);
	free(s);
	return 0;
}

static void
worker_take_link(struct worker *w)
{
	int	fd = w->link;

	if (fd == -1 || !w->started)
		return;
	w->link = -1;
	if (w->daemon->linked != NULL)
		w->daemon->linked(w, w->link_role, fd);
	else
		(void)close(fd);
}

static int
worker_on_link(struct worker *w, struct rbuf *r, int fd)
{
	struct ipc_LINK	m;

	if (ipc_get_LINK(r, &m) == -1) {
		(void)close(fd);
		return -1;
	}
	if (w->link != -1)
		(void)close(w->link);
	w->link = fd;
	w->link_role = ipc_role_of(m.program);
	worker_take_link(w);
	return 0;
}

enum ipc_role
worker_peer_role(const struct worker *w, int fd)
{
	uid_t	uid;
	pid_t	pid;

	if (peer_process(fd, &uid, &pid) == -1)
		return IPC_NOBODY;
	return siblings_role(&w->siblings, uid, pid);
}

const char *
worker_spool(const struct worker *w, const char *name, char *path,
    size_t size)
{
	confine_spool_directory(w, true, path, size);
	if (strlcat(path, "/", size) >= size ||
	    strlcat(path, name, size) >= size)
		path[0] = '\0';
	return path;
}

static void
worker_need(struct worker *w, int rc, const struct err *e)
{
	if (rc == 0)
		return;
	if (e != NULL)
		worker_refuse(w, w->service, 0, 0, e->text);
	channel_flush(w->master);
	log_flush();
	_exit(1);
}

static int
worker_on_start(struct worker *w, struct rbuf *r)
{
	struct ipc_START	m;
	struct err		e;

	if (ipc_get_START(r, &m) == -1 || w->service == NULL)
		return -1;
	worker_open_log(w);
	conf_files_settle(&w->conf_files);
	worker_need(w, confine_open_spool(w, &e), &e);
	worker_need(w, w->daemon->prepare(w), NULL);
	worker_need(w, confine_jail(w, &e), &e);
	if (w->daemon->load != NULL)
		worker_need(w, w->daemon->load(w), NULL);
	worker_need(w, confine_sandbox(w, &e), &e);
	worker_need(w, w->daemon->start(w), NULL);
	w->started = true;
	worker_take_link(w);
	CHANNEL_SEND(w->master, READY, -1, { .unused = 0 });
	return 0;
}

/* One that has not started has nothing to finish. */
static void
worker_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	w->draining = true;
	if (w->started)
		w->daemon->drain(w, soft_ms, hard_ms);
	else
		worker_exit(w);
}

static int
worker_on_drain(struct worker *w, struct rbuf *r)
{
	struct ipc_DRAIN	m;

	if (ipc_get_DRAIN(r, &m) == -1)
		return -1;
	worker_drain(w, (int64_t)m.soft_ms, (int64_t)m.hard_ms);
	return 0;
}

/* A worker that hangs does not come here. */
static int
worker_on_ping(struct worker *w, struct rbuf *r)
{
	struct ipc_PING	m;

	if (ipc_get_PING(r, &m) == -1)
		return -1;
	CHANNEL_SEND(w->master, PONG, -1, { .unused = 0 });
	return 0;
}

static int
worker_on_renew(struct worker *w, struct rbuf *r)
{
	struct ipc_RENEW	m;

	if (ipc_get_RENEW(r, &m) == -1 || w->service == NULL)
		return -1;
	w->generation = m.generation;
	if (strcmp(w->service, m.service) != 0) {
		free(w->service);
		w->service = xstrdup(m.service);
	}
	worker_title(w);
	worker_open_log(w);
	conf_files_settle(&w->conf_files);
	if (w->daemon->renew != NULL)
		w->daemon->renew(w);
	w->relisting = false;
	CHANNEL_SEND(w->master, RENEWED, -1, { .unused = 0 });
	return 0;
}

static int
worker_on_tickets(struct worker *w, struct rbuf *r)
{
	struct ipc_TLS_TICKETS	m;

	if (ipc_get_TLS_TICKETS(r, &m) == -1)
		return -1;
	if (w->daemon->tickets != NULL)
		w->daemon->tickets(w, m.keys);
	return 0;
}

static int
worker_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct worker	*w = arg;

	switch (type) {
	case IPC_SETUP:
		return worker_on_setup(w, r);
	case IPC_PARAMETER:
		return worker_on_parameter(w, r);
	case IPC_SCRIPT:
		return worker_on_script(w, r);
	case IPC_CONF_FILE:
		return conf_files_take(&w->conf_files, r);
	case IPC_LISTENER:
		return worker_on_listener(w, r, fd);
	case IPC_BOARD:
		return worker_on_board(w, r, fd);
	case IPC_LOG_FILE:
		return worker_on_log_file(w, r, fd);
	case IPC_START:
		return worker_on_start(w, r);
	case IPC_TLS_TICKETS:
		return worker_on_tickets(w, r);
	case IPC_FLUSH:
		return worker_flush(w, r);
	case IPC_DRAIN:
		return worker_on_drain(w, r);
	case IPC_RENEW:
		return worker_on_renew(w, r);
	case IPC_ADMISSION:
	case IPC_LIST_FILE:
		return w->daemon->told != NULL ?
		    w->daemon->told(w, type, r) : -1;
	case IPC_PING:
		return worker_on_ping(w, r);
	case IPC_WORKER_LIST:
		return worker_on_sibling(w, r);
	case IPC_WORKER_GONE:
		return worker_on_bereft(w, r);
	case IPC_LINK:
		return worker_on_link(w, r, fd);
	default:
		return -1;
	}
}

static void
worker_on_end(void *arg)
{
	struct worker	*w = arg;

	LOG(EV_WORKER_ORPHAN, NULL, LOG_STR("service", w->service));
	worker_drain(w, 0, ORPHAN_MS);
}

static void
worker_on_term(void *arg)
{
	struct worker	*w = arg;

	worker_drain(w, 0, w->params.shutdown_limit);
}

/* ---- main --------------------------------------------------------------- */

static void
daemon_usage(const struct daemon *d, FILE *to)
{
	(void)fprintf(to, "usage: %s -c DIR -s SERVICE\n"
	    "A worker of Halyard: master(8) starts it, with a channel as "
	    "descriptor %d.\n", d->program, DAEMON_CHANNEL);
}

static void
daemon_options(const struct daemon *d, int argc, char **argv)
{
	static const struct option	longs[] = {
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 } };
	int				c;

	while ((c = getopt_long(argc, argv, "c:s:h", longs, NULL)) != -1) {
		if (c == 'h') {
			daemon_usage(d, stdout);
			exit(0);
		}
		if (c == '?') {
			daemon_usage(d, stderr);
			exit(2);
		}
	}
	if (fd_cloexec(DAEMON_CHANNEL, true) == -1) {
		daemon_usage(d, stderr);
		exit(2);
	}
}

int
daemon_main(const struct daemon *d, int argc, char **argv)
{
	static const struct channel_ops	 ops = {
	    .on_frame = worker_on_frame, .on_end = worker_on_end };
	static struct worker		 w;
	struct err			 e;
	int				 rc;

	daemon_options(d, argc, argv);
	title_init(argc, argv);
	(void)signal(SIGPIPE, SIG_IGN);
	log_on_lost(worker_on_log_lost);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	w.daemon = d;
	w.dirs = (struct sandbox_dirs)SANDBOX_DIRS_NONE;
	STAILQ_INIT(&w.listeners);
	STAILQ_INIT(&w.scripts);
	STAILQ_INIT(&w.pages);
	siblings_init(&w.siblings);
	conf_files_init(&w.conf_files);
	w.link = -1;
	params_init(&w.params);
	w.loop = loop_new(&e);
	if (w.loop == NULL)
		fatal("%s", e.text);
	(void)watch_signal(w.loop, SIGTERM, worker_on_term, &w);
	w.master = channel_new(w.loop, DAEMON_CHANNEL, ipc_role_of(d->program),
	    IPC_MASTER, &ops, &w);
	CHANNEL_SEND(w.master, HELLO, -1, { .table_hash = ipc_table_hash(),
	    .pid = (uint32_t)getpid() });
	rc = loop_run(w.loop);
	log_flush();
	return rc == 0 ? 0 : FATAL_EXIT;
}
