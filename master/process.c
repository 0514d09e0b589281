/*
 * One worker, from fork to its report that it is ready.
 *
 * The child gets descriptor 3, a channel, and nothing else but the standard
 * three; all it needs to know comes over the channel, in the order of
 * process_tell().
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "conf/programs.h"

#include "admission.h"
#include "flush.h"
#include "generation.h"
#include "links.h"

#define PROCESS_CHANNEL	3
#define DEAF_AFTER_MS	5000	/* beyond the limits of its drain */
#define DEAF_ANSWER_MS	10000
#define DEAF_PARTS	3	/* of deaf_limit, between questions */

static void
process_exec(const struct process *p, int channel)
{
	const struct house	*h = p->generation->house;
	char			 path[PATH_MAX];
	sigset_t		 none;

	(void)snprintf(path, sizeof path, "%s/%s", h->programs,
	    p->service->command);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(channel, PROCESS_CHANNEL) == -1)
		_exit(FATAL_EXIT);
	if (channel == PROCESS_CHANNEL)
		(void)fcntl(channel, F_SETFD, 0);
	/* The last words of panic() and fatal() belong in the log. */
	if (h->log_fd != -1 && dup2(h->log_fd, STDERR_FILENO) == -1)
		_exit(FATAL_EXIT);
	closefrom(PROCESS_CHANNEL + 1);
	(void)execl(path, p->service->command, "-c", h->directory, "-s",
	    p->service->name, (char *)NULL);
	fatal("%s: %s", path, strerror(errno));
}

/* ---- What the worker is told ------------------------------------------- */

/* A rehearsal makes no directory: where a start would, there is no jail yet. */
static bool
process_jailed(const struct process *p)
{
	const struct conf	*conf = p->generation->conf;
	const struct params	*params = conf_params(conf);
	char			 path[PATH_MAX];

	return p->service->chroot && (!p->generation->house->check ||
	    access(conf_path(conf, program_find(p->service->command)->spool ?
	    params->spool_directory : params->run_directory, path,
	    sizeof path), F_OK) == 0);
}

static void
process_tell_setup(struct process *p)
{
	struct ipc_SETUP	m = { .generation = p->generation->number,
	    .slot = p->slot->id, .workers = (uint32_t)p->service->maxproc,
	    .restarts = p->restarts, .unpriv = p->service->unpriv,
	    .chroot = process_jailed(p),
	    .check = p->generation->house->check };

	(void)strlcpy(m.service, p->service->name, sizeof m.service);
	(void)strlcpy(m.program, p->service->command, sizeof m.program);
	(void)strlcpy(m.directory, p->generation->house->directory,
	    sizeof m.directory);
	CHANNEL_PUT(p->channel, SETUP, -1, &m);
}

static void
process_tell_parameters(struct process *p)
{
	struct ipc_PARAMETER	m;
	struct buf		value = BUF_INIT;
	size_t			i;

	for (i = 0; i < param_count; i++) {
		buf_clear(&value);
		if (params_get(&p->service->params, param_rows[i].name,
		    &value) == -1)
			continue;
		(void)strlcpy(m.name, param_rows[i].name, sizeof m.name);
		(void)strlcpy(m.value, buf_cstr(&value), sizeof m.value);
		CHANNEL_PUT(p->channel, PARAMETER, -1, &m);
	}
	buf_free(&value);
}

static void
process_tell_script(struct process *p, const char *path)
{
	struct ipc_SCRIPT	m;

	(void)strlcpy(m.path, path, sizeof m.path);
	m.text = conf_script(p->generation->conf, path);
	CHANNEL_PUT(p->channel, SCRIPT, -1, &m);
}

static void
process_tell_scripts(struct process *p)
{
	struct buf	value = BUF_INIT;
	size_t		i;

	for (i = 0; i < param_count; i++) {
		buf_clear(&value);
		if (param_rows[i].type == PARAM_HOOK &&
		    params_get(&p->service->params, param_rows[i].name,
		    &value) == 0 && value.len > 0)
			process_tell_script(p, buf_cstr(&value));
	}
	buf_free(&value);
}

/* A number that changes with the addresses and with each new binding. */
static uint32_t
process_bound(const struct sock *const *socks, int n)
{
	char		text[NETADDR_TEXT];
	const char	*c;
	uint32_t	sum = 0;
	int		i;

	for (i = 0; i < n; i++) {
		netaddr_text(&socks[i]->addr, text, sizeof text);
		for (c = text; *c != '\0'; c++)
			sum = (sum ^ (unsigned char)*c) * 16777619U;
		sum += socks[i]->bound;
	}
	return sum;
}

static void
process_tell_listeners(struct process *p)
{
	const struct sock	*socks[SOCKETS_PER_SERVICE];
	struct ipc_LISTENER	 m;
	int			 i, n;

	n = sockets_of(&p->generation->house->sockets, p->generation->conf,
	    p->service, socks);
	p->bound = process_bound(socks, n);
	for (i = 0; i < n; i++) {
		netaddr_text(&socks[i]->addr, m.address, sizeof m.address);
		CHANNEL_PUT(p->channel, LISTENER, socks[i]->fd, &m);
	}
}

/* Tells a process that is kept over a reload its new generation. */
static void
process_renew_listeners(struct process *p)
{
	const struct sock	*socks[SOCKETS_PER_SERVICE];
	int			 n;

	n = sockets_of(&p->generation->house->sockets, p->generation->conf,
	    p->service, socks);
	if (process_bound(socks, n) != p->bound)
		process_tell_listeners(p);
}

static void
process_tell_page(struct process *p, const struct slot *slot, bool own)
{
	CHANNEL_SEND(p->channel, BOARD, own ? slot->writable : slot->readable,
	    { .slot = slot->id, .own = own });
}

static void
process_tell_boards(struct process *p)
{
	const struct slot	*slot;

	process_tell_page(p, p->slot, true);
	TAILQ_FOREACH(slot, &p->generation->house->slots, link)
		if (slot != p->slot && slot_is_seen(slot, p->service->command,
		    p->slot->service))
			process_tell_page(p, slot, false);
}

static void
process_tell_log(struct process *p)
{
	int	fd = p->generation->house->log_fd;

	if (fd != -1)
		CHANNEL_SEND(p->channel, LOG_FILE, fd, { .unused = 0 });
}

void
process_tell_tickets(struct process *p)
{
	const struct tickets	*t = &p->generation->house->tickets;

	if (strcmp(p->service->command, "smtpd") == 0)
		CHANNEL_SEND(p->channel, TLS_TICKETS, -1,
		    { .keys = tickets_keys(t) });
}

/* Who sends mail must know where it would come back. */
static void
process_tell_listening(struct process *p)
{
	struct buf	b = BUF_INIT;

	if (strcmp(p->service->command, "deliver") != 0)
		return;
	sockets_text(&p->generation->house->sockets, &b);
	plans_tell_file(p->channel, "listening", buf_str(&b));
	buf_free(&b);
}

static bool
process_planned(const struct process *p)
{
	return ipc_allowed(IPC_CONF_FILE, IPC_MASTER,
	    ipc_role_of(p->service->command), 0);
}

static void
process_tell_plans(struct process *p)
{
	if (process_planned(p))
		plans_tell(&p->generation->plans, p->channel,
		    strcmp(p->service->command, "qmgr") == 0);
}

/* Descriptors first: what waits for room in the socket takes one of ours. */
static void
process_tell(struct process *p)
{
	process_tell_setup(p);
	links_started(p);
	process_tell_listeners(p);
	process_tell_boards(p);
	process_tell_log(p);
	process_tell_parameters(p);
	process_tell_listening(p);
	process_tell_plans(p);
	process_tell_scripts(p);
	process_tell_tickets(p);
	CHANNEL_SEND(p->channel, START, -1, { .unused = 0 });
}

/* ---- What it says: of its start, and little later ------------------------ */

static void
process_diag(struct process *p, const struct diag *d)
{
	struct house	*h = p->generation->house;

	h->ops->on_diag(h->arg, d);
}

static int
process_on_hello(struct process *p, struct rbuf *r)
{
	struct ipc_HELLO	m;

	if (ipc_get_HELLO(r, &m) == -1 || p->state == PROCESS_READY)
		return -1;
	if (m.table_hash == ipc_table_hash())
		return 0;
	process_diag(p, &(struct diag){ .file = p->service->command,
	    .text = "is of another version than master" });
	return -1;
}

/* How long it may give no sign. */
static int64_t
process_patience(const struct process *p)
{
	return p->state == PROCESS_DRAINING ? DEAF_ANSWER_MS :
	    conf_params(p->generation->conf)->deaf_limit;
}

/* A single writes to the disk, which may take as long as it takes. */
static void
process_listen(struct process *p)
{
	if (!p->service->single)
		timer_start(&p->deaf, process_patience(p) / DEAF_PARTS);
}

static int
process_on_ready(struct process *p, struct rbuf *r)
{
	struct ipc_READY	m;

	if (ipc_get_READY(r, &m) == -1 || p->state == PROCESS_READY)
		return -1;
	if (p->state != PROCESS_STARTING)	/* told to go meanwhile */
		return 0;
	p->state = PROCESS_READY;
	LOG(EV_WORKER_READY, NULL, LOG_STR("service", p->service->name),
	    LOG_NUM("worker", p->pid));
	process_listen(p);
	generation_ready(p->generation);
	return 0;
}

static int
process_on_refused(struct process *p, struct rbuf *r)
{
	struct ipc_REFUSED	m;
	struct diag		d;

	if (ipc_get_REFUSED(r, &m) == -1 || p->state == PROCESS_READY)
		return -1;
	p->refused = true;
	d = (struct diag){ m.file, (int)m.line, (int)m.column, false, m.text };
	diag_place(&d, p->generation->conf, p->service, m.parameter);
	process_diag(p, &d);
	return 0;
}

/* Told before READY; also of what is still good for long. */
static int
process_on_certificate(struct process *p, struct rbuf *r)
{
	struct ipc_CERTIFICATE	m;
	struct diag		d = { .warning = true };
	char			why[128], text[1200];

	if (ipc_get_CERTIFICATE(r, &m) == -1 || p->state == PROCESS_READY)
		return -1;
	if (!certificates_add(&p->generation->certificates, m.file,
	    (int64_t)m.not_after) || !certificate_warning(
	    (int64_t)m.not_after, clock_wall_us() / 1000000, why, sizeof why))
		return 0;
	(void)snprintf(text, sizeof text, "%s: %s", m.file, why);
	d.file = m.file;
	d.text = text;
	diag_place(&d, p->generation->conf, p->service, m.parameter);
	if (d.line == 0)
		d.text = why;
	process_diag(p, &d);
	return 0;
}

/* Told before READY, by each worker that has compiled the script. */
static int
process_on_warning(struct process *p, struct rbuf *r)
{
	struct ipc_WARNING	m;
	char			key[2200];

	if (ipc_get_WARNING(r, &m) == -1 || p->state == PROCESS_READY)
		return -1;
	(void)snprintf(key, sizeof key, "%s:%u:%u: %s", m.file, m.line,
	    m.column, m.text);
	if (told_add(&p->generation->told, key))
		process_diag(p, &(struct diag){ m.file, (int)m.line,
		    (int)m.column, true, m.text });
	return 0;
}

static int
process_on_renewed(struct process *p, struct rbuf *r)
{
	struct ipc_RENEWED	m;

	if (ipc_get_RENEWED(r, &m) == -1 || p->renewals == 0)
		return -1;
	p->renewals--;
	generation_replanned(p->generation);
	return 0;
}

static int
process_on_pong(struct process *p, struct rbuf *r)
{
	struct ipc_PONG	m;

	if (ipc_get_PONG(r, &m) == -1)
		return -1;
	if (p->asked)
		timer_start(&p->deaf, process_patience(p) / DEAF_PARTS);
	p->asked = false;
	return 0;
}

static int
process_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct process	*p = arg;

	(void)fd;
	switch (type) {
	case IPC_HELLO:
		return process_on_hello(p, r);
	case IPC_READY:
		return process_on_ready(p, r);
	case IPC_REFUSED:
		return process_on_refused(p, r);
	case IPC_CERTIFICATE:
		return process_on_certificate(p, r);
	case IPC_WARNING:
		return process_on_warning(p, r);
	case IPC_RENEWED:
		return process_on_renewed(p, r);
	case IPC_PONG:
		return process_on_pong(p, r);
	default:
		return flush_on_frame(p, type, r);
	}
}

/* A worker without a channel is of no use: its end is then reaped. */
static void
process_on_end(void *arg)
{
	struct process	*p = arg;

	if (p->pid > 0 && p->state != PROCESS_DRAINING)
		(void)kill(p->pid, SIGKILL);
}

/*
 * Now and then, and where the limits of a drain have passed and it is there
 * still.  One that waits for the end of a message goes through its loop, and
 * answers; one that hangs would keep what it has in hand, and hold up the stop,
 * or the reload after the next, for ever.
 */
static void
process_ask(void *arg)
{
	struct process	*p = arg;

	if (!p->asked) {
		p->asked = true;
		CHANNEL_SEND(p->channel, PING, -1, { .unused = 0 });
		timer_start(&p->deaf, process_patience(p));
		return;
	}
	LOG(EV_WORKER_DEAF, NULL, LOG_STR("service", p->service->name),
	    LOG_NUM("worker", p->pid));
	(void)kill(p->pid, SIGKILL);
}

void
process_init(struct process *p, struct generation *g,
    const struct conf_service *svc)
{
	p->generation = g;
	p->service = svc;
	timer_init(&p->deaf, g->house->loop, process_ask, p);
}

int
process_start(struct process *p)
{
	static const struct channel_ops	 ops = {
	    .on_frame = process_on_frame, .on_end = process_on_end };
	struct house			*h = p->generation->house;
	int				 sv[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv) == -1)
		return -1;
	log_flush();
	p->pid = fork();
	if (p->pid == 0)
		process_exec(p, sv[1]);
	(void)close(sv[1]);
	if (p->pid == -1) {
		(void)close(sv[0]);
		return -1;
	}
	p->state = PROCESS_STARTING;
	p->renewals = 0;
	p->started_ms = loop_now_ms(h->loop);
	p->channel = channel_new(h->loop, sv[0], IPC_MASTER,
	    ipc_role_of(p->service->command), &ops, p);
	process_tell(p);
	LOG(EV_WORKER_START, NULL, LOG_STR("service", p->service->name),
	    LOG_NUM("worker", p->pid),
	    LOG_NUM("generation", p->generation->number));
	return 0;
}

void
process_drain(struct process *p, int64_t soft_ms, int64_t hard_ms)
{
	bool	serves = p->state != PROCESS_DRAINING;

	timer_stop(&p->restart);
	if (p->state == PROCESS_NONE)
		return;
	p->state = PROCESS_DRAINING;
	if (serves || !p->deaf.armed || p->deaf.due_ms > hard_ms +
	    DEAF_AFTER_MS + loop_now_ms(p->generation->house->loop)) {
		p->asked = false;
		timer_start(&p->deaf, hard_ms + DEAF_AFTER_MS);
	}
	LOG(EV_WORKER_DRAIN, NULL, LOG_STR("service", p->service->name),
	    LOG_NUM("worker", p->pid));
	CHANNEL_SEND(p->channel, DRAIN, -1, { .soft_ms = (uint64_t)soft_ms,
	    .hard_ms = (uint64_t)hard_ms });
}

/* It was looked at when the configuration was taken up: this fails only if a
 * group or a user has gone since. */
static void
process_tell_admission(struct process *p)
{
	struct house	*h = p->generation->house;
	const char	*parameter;
	struct err	 e;

	if (!ipc_allowed(IPC_ADMISSION, IPC_MASTER,
	    ipc_role_of(p->service->command), 0) ||
	    admission_tell(p->generation->conf, p->service, p->channel,
	    &parameter, &e) == 0)
		return;
	h->ops->on_diag(h->arg, &(struct diag){ .file = p->service->command,
	    .text = e.text });
}

static void
process_tell_renew(struct process *p)
{
	struct ipc_RENEW	m = { .generation = p->generation->number };

	(void)strlcpy(m.service, p->service->name, sizeof m.service);
	CHANNEL_PUT(p->channel, RENEW, -1, &m);
	p->renewals++;
}

static bool
process_listens(const struct process *p)
{
	return p->state == PROCESS_STARTING || p->state == PROCESS_READY;
}

void
process_replan(struct process *p)
{
	if (!process_listens(p) || !process_planned(p))
		return;
	process_tell_plans(p);
	process_tell_renew(p);
}

void
process_relist(struct process *p, size_t n)
{
	if (process_listens(p) && ipc_allowed(IPC_LIST_FILE, IPC_MASTER,
	    ipc_role_of(p->service->command), 0))
		plans_tell_list(&p->generation->plans, n, p->channel);
}

void
process_renew(struct process *p)
{
	if (!process_listens(p))
		return;
	process_renew_listeners(p);
	process_tell_parameters(p);
	process_tell_plans(p);
	process_tell_admission(p);
	process_tell_log(p);
	process_tell_renew(p);
}

const char *
process_state_name(const struct process *p)
{
	static const char *const	names[] = { "restarting", "starting",
	    "accepting", "draining" };

	return names[p->state];
}
