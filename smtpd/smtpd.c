/*
 * smtpd - speaks SMTP to strangers, and in-line to backends; see smtpd(8)
 *
 * The worker's setting up: what it loads with all rights, in the jail and in
 * the sandbox.
 */
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "compat/heap.h"
#include "compat/nameless.h"
#include "dns/dns.h"
#include "event/tls_server.h"
#include "hooks/hooks.h"
#include "outbound/trust.h"
#include "proc/attendance.h"
#include "proc/board.h"
#include "proc/confine.h"
#include "proc/flush.h"
#include "schedule/transport.h"
#include "share/share.h"
#include "store/store.h"

#include "acceptor.h"
#include "naming.h"
#include "server.h"
#include "tls.h"

#define TIDY_MS		5000

static struct server	server;

static void
server_tidy_now(void *arg)
{
	(void)arg;
	heap_give_back();
}

/* An idle worker is not woken for it: nothing is armed then. */
void
server_tidy(struct server *srv)
{
	if (!srv->tidy.armed)
		timer_start(&srv->tidy, TIDY_MS);
}

/* ---- prepare and load: keys with all rights, hooks in the jail --------- */

static void
server_diag(void *arg, const struct hsl_diag *d)
{
	struct server	*srv = arg;

	worker_refuse(srv->worker, d->file, d->line, d->column, d->text);
}

/* Whether warnings count is the operator's choice. */
static void
server_warn(void *arg, const struct hsl_diag *d)
{
	struct server	*srv = arg;

	if (srv->params->hsl_warnings == PARAM_HSL_WARNINGS_WARN) {
		worker_warn(srv->worker, d->file, d->line, d->column, d->text);
		return;
	}
	srv->doubted = true;
	server_diag(srv, d);
}

static void
server_refuse(struct server *srv, const char *parameter, const char *why)
{
	worker_refuse_value(srv->worker, parameter, why);
}

static struct hsl_limits
server_limits(const struct params *p, int64_t time_ms)
{
	struct hsl_limits	l = hsl_limits_default;

	l.memory_bytes = p->hook_memory_limit;
	l.instructions = (uint64_t)p->hook_instruction_limit;
	l.depth = (uint32_t)p->hook_depth_limit;
	l.time_ms = (uint32_t)time_ms;
	return l;
}

static void
server_count_undelivered(void)
{
	COUNT(accepted_undelivered);
}

static void
server_count_queued(bool durable)
{
	if (durable)
		COUNT(messages_queued);
	else
		COUNT(queue_refusals);
}

static void
server_count_result(const struct eod_outcome *o)
{
	char	name[BOARD_BACKEND_NAME];

	COUNT(inline_sends);
	if (o->code != 0)
		COUNT(inline_results);
	else
		COUNT(inline_errors);
	board_observe(HISTOGRAM_inline, o->ms);
	(void)snprintf(name, sizeof name, "%.*s:%u", (int)(o->host.len < 60 ?
	    o->host.len : 60), o->host.p, o->port);
	board_backend(name, o->code == 0 ? BACKEND_FAILED : o->code < 300 ?
	    BACKEND_ACCEPTED : o->code < 500 ? BACKEND_DEFERRED :
	    BACKEND_REJECTED);
}

static void
server_count_error(void)
{
	COUNT(hook_errors);
}

/*
 * Where the scripts of this worker may include and read from.  Without that
 * directory they can't.
 */
static void
server_open_scripts(struct server *srv)
{
	char	root[PATH_MAX];

	worker_path(srv->worker, srv->params->script_root, root, sizeof root);
	if (realpath(root, srv->script_root) == NULL)
		(void)strlcpy(srv->script_root, root,
		    sizeof srv->script_root);
	srv->origin.root = srv->script_root;
	srv->origin.confined = true;
	(void)origin_open_root(&srv->origin, NULL);
	srv->worker->dirs.read = srv->origin.dir;
}

static int
server_open_bodies(struct server *srv)
{
	const struct params	*p = srv->params;
	char			 path[PATH_MAX];
	struct err		 e;

	srv->bodies.message_limit = p->body_memory_limit;
	srv->bodies.total_limit = p->body_memory_total;
	worker_path(srv->worker, p->body_directory, path, sizeof path);
	srv->bodies.directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (srv->bodies.directory == -1) {
		(void)err_errno(&e, "%s", path);
		server_refuse(srv, "body_directory", e.text);
		return -1;
	}
	srv->worker->dirs.scratch = srv->bodies.directory;
	return 0;
}

/* Now that the worker is who it will be. */
static int
server_check_bodies(struct server *srv)
{
	struct err	e;
	int		fd = open_nameless(srv->bodies.directory);

	if (fd != -1)
		return close(fd);
	(void)err_errno(&e, "a file in %s, as user %ju",
	    srv->params->body_directory, (uintmax_t)geteuid());
	server_refuse(srv, "body_directory", e.text);
	return -1;
}

static int
server_load_dns(struct server *srv)
{
	const struct params	*p = srv->params;
	char			 data[PATH_MAX], anchor[PATH_MAX];
	struct dns_config	 c = { .servers = p->dns_servers,
	    .local_data = worker_path(srv->worker, p->dns_local_data, data,
	    sizeof data), .trust_anchor = worker_path(srv->worker,
	    p->dns_trust_anchor, anchor, sizeof anchor) };
	const char		*parameter = "dns_servers";
	struct err		 e;

	srv->dns = dns_new(srv->loop, &c, &e);
	if (srv->dns != NULL)
		return 0;
	/* What is wrong with a file begins with its name. */
	if (data[0] != '\0' && strncmp(e.text, data, strlen(data)) == 0)
		parameter = "dns_local_data";
	if (anchor[0] != '\0' && strncmp(e.text, anchor, strlen(anchor)) == 0)
		parameter = "dns_trust_anchor";
	server_refuse(srv, parameter, e.text);
	return -1;
}

/* What a script includes or imports. */
static int
server_open(void *arg, const struct hsl_open *w, struct err *e)
{
	struct server	*srv = arg;
	int		 rc = origin_open(&srv->origin, w, e);

	if (rc == 0)
		naming_look_at(srv, buf_str(w->text));
	return rc;
}

static struct hook_config
server_hook_config(struct server *srv, enum hook_kind kind, int64_t time_ms)
{
	return (struct hook_config){
		.offers = hooks_host(kind),
		.host = { .loop = srv->loop, .dns = srv->dns,
		    .origin = &srv->origin, .cache = srv->cache,
		    .share = srv->share, .quotas = srv->quotas,
		    .hostname = srv->params->myhostname,
		    .queue = &srv->queue, .sessions = attendance,
		    .worker = srv->worker },
		.limits = server_limits(srv->params, time_ms),
		.open = server_open,
		.open_arg = srv,
		.on_error = server_count_error,
		.warn = srv->params->hsl_warnings ==
		    PARAM_HSL_WARNINGS_IGNORE ? NULL : server_warn,
	};
}

/* The text of a hook's script; none with 0: the hook is not set. */
static int
server_script(struct server *srv, const char *path, struct str *text)
{
	const struct script	*script;

	*text = STR_NONE;
	if (path[0] == '\0')
		return 0;
	script = worker_script(srv->worker, path);
	if (script == NULL) {
		server_refuse(srv, path, "master sent no such script");
		return -1;
	}
	*text = script->text;
	naming_look_at(srv, *text);
	return 0;
}

static int
server_load_eod(struct server *srv)
{
	const struct params	*p = srv->params;
	struct str		 text;
	char			 file[PATH_MAX];
	struct eod_config	 c = {
		.hook = server_hook_config(srv, HOOK_EOD,
		    p->inline_deadline),
		.myhostname = p->myhostname,
		.send_port = (uint16_t)p->send_default_port,
		.source_addresses = p->send_source_addresses,
		.trust = srv->trust,
		.inline_deadline_ms = p->inline_deadline,
		.end_timeout_ms = p->inline_end_timeout,
		.connect_timeout_ms = p->send_connect_timeout,
		.command_timeout_ms = p->send_command_timeout,
		.idle_timeout_ms = p->backend_idle_timeout,
		.connection_limit = (size_t)p->backend_connection_limit,
		.transaction_limit = (uint32_t)p->backend_transaction_limit,
		.on_result = server_count_result,
		.on_undelivered = server_count_undelivered,
		.store = srv->store,
		.run_directory = srv->run_directory,
		.on_queued = server_count_queued,
	};

	if (server_script(srv, p->hook_eod, &text) == -1)
		return -1;
	if (text.p == NULL)
		return 0;
	srv->eod = eod_hook_new(&c, worker_path(srv->worker, p->hook_eod,
	    file, sizeof file), text, server_diag, srv);
	return srv->eod != NULL ? 0 : -1;
}

static int
server_load_hook(struct server *srv, enum hook_kind kind, const char *path)
{
	const struct params	*p = srv->params;
	struct hook_config	 c = server_hook_config(srv, kind,
				    p->hook_time_limit);
	struct str		 text;
	char			 file[PATH_MAX];

	if (server_script(srv, path, &text) == -1)
		return -1;
	if (text.p == NULL)
		return 0;
	srv->hooks[kind] = hook_new(kind, &c, worker_path(srv->worker, path,
	    file, sizeof file), text, server_diag, srv);
	return srv->hooks[kind] != NULL ? 0 : -1;
}

static int
server_load_one(struct server *srv, enum hook_kind kind)
{
	static const size_t	parameters[HOOK_MAX] = {
#define HOOK(id, name, program, implicit, offers, help)			\
		[HOOK_##id] = offsetof(struct params, hook_##name),
#include "conf/hooks.def"
	};

	if (kind == HOOK_EOD)
		return server_load_eod(srv);
	return server_load_hook(srv, kind, *(char *const *)(const void *)
	    ((const char *)srv->params + parameters[kind]));
}

/* master has compiled it: a fault is one of ours. */
static void
server_transport_fault(void *arg, const char *file, int line, int column,
    const char *text)
{
	struct worker	*w = arg;

	if (w->started)
		LOG(EV_CONFIG_ERROR, NULL, LOG_STR("file", file),
		    LOG_NUM("line", line), LOG_NUM("column", column),
		    LOG_STR("reason", text));
	else
		worker_refuse(w, file, line, column, text);
}

/* Runs under way hold on to those that they began with. */
static int
server_load_transports(struct server *srv)
{
	struct worker		*w = srv->worker;
	struct transports	*fresh;

	if (transports_compile(&fresh, "transport.cf",
	    conf_files_text(&w->conf_files, "transport.cf"), srv->params,
	    server_transport_fault, w) == -1)
		return -1;
	transports_free(&srv->queue.transports);
	srv->queue.transports = fresh;
	return 0;
}

static void
server_lend_queue(struct server *srv)
{
	const struct params	*p = srv->params;

	srv->queue = (struct queue_host){ .store = srv->store,
		.bodies = &srv->bodies,
		.hostname = p->myhostname,
		.serverid = srv->serverid,
		.size_limit = p->message_size_limit,
		.hop_limit = (unsigned)p->hop_count_limit,
		.received = p->received_header,
		.on_queued = server_count_queued };
}

/* None is left out after an error, so that all errors are told at once. */
static int
server_load_scripts(struct server *srv)
{
	static const char *const	programs[HOOK_MAX] = {
#define HOOK(id, name, program, implicit, offers, help)			\
		[HOOK_##id] = program,
#include "conf/hooks.def"
	};
	char				file[PATH_MAX];
	int				i, rc = 0;

	(void)confine_run_directory(srv->worker, true, srv->run_directory,
	    sizeof srv->run_directory);
	srv->cache = hsl_cache_new(HSL_CACHE_BYTES);
	srv->share = share_connect(srv->loop, worker_socket(srv->worker,
	    SHARE_SOCKET, file, sizeof file));
	srv->quotas = share_connect_queue(srv->loop, worker_socket(
	    srv->worker, QMGR_SOCKET, file, sizeof file));
	srv->store = store_client_new(srv->loop, IPC_SMTPD, worker_socket(
	    srv->worker, CLEANUP_SOCKET, file, sizeof file));
	store_client_limit(srv->store, srv->params->spool_timeout);
	server_lend_queue(srv);
	if (server_load_transports(srv) == -1)
		return -1;
	for (i = 0; i < HOOK_MAX; i++)
		if (strcmp(programs[i], "smtpd") == 0)
			rc |= server_load_one(srv, (enum hook_kind)i);
	return srv->doubted ? -1 : rc;
}

static int
smtpd_prepare(struct worker *w)
{
	struct server	*srv = &server;

	srv->worker = w;
	srv->loop = w->loop;
	srv->params = &w->params;
	srv->serverid = w->params.server_id[0] != '\0' ?
	    w->params.server_id : w->service;
	srv->leniency = (struct smtp_leniency){
	    .bare = w->params.smtpd_accept_bare_address,
	    .final_dot = w->params.smtpd_accept_final_dot };
	board_set_server(srv->serverid);
	if (w->params.smtpd_complete_address)
		srv->leniency.domain = str_of(w->params.mydomain);
	TAILQ_INIT(&srv->sessions);
	TAILQ_INIT(&srv->fronts);
	w->state = srv;
	server_open_scripts(srv);
	if (local_users_load(srv) == -1)
		return -1;
	if (server_open_bodies(srv) == -1 || server_load_tls(srv) == -1)
		return -1;
	/* A megabyte of authorities, for those who deliver. */
	if (w->params.hook_eod[0] != '\0' &&
	    trust_load(w, &srv->trust) == -1)
		return -1;
	return server_load_dns(srv);
}

static int
smtpd_load(struct worker *w)
{
	struct server	*srv = w->state;

	if (server_check_bodies(srv) == -1)
		return -1;
	return server_load_scripts(srv);
}

/* ---- start and drain --------------------------------------------------- */

static int
smtpd_start(struct worker *w)
{
	struct server	*srv = w->state;

	drain_init(srv);
	timer_init(&srv->tidy, srv->loop, server_tidy_now, srv);
	srv->acceptor = acceptor_new(srv);
	return 0;
}

static void
smtpd_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	drain_begin(w->state, soft_ms, hard_ms);
}

/* Nothing but the plans has changed: else there is a new generation. */
static void
smtpd_renew(struct worker *w)
{
	(void)server_load_transports(w->state);
}

static void
smtpd_tickets(struct worker *w, struct str keys)
{
	(void)w;
	tls_tickets_set(keys.p, keys.len);
}

struct smtpd_listing {
	struct worker		*worker;
	const struct ipc_FLUSH	*asked;
};

static void
smtpd_cached(void *arg, struct str space, struct str function,
    size_t entries)
{
	struct smtpd_listing	*l = arg;

	worker_cached(l->worker, l->asked, space, function, entries);
}

static uint64_t
smtpd_flush(struct worker *w, const struct ipc_FLUSH *m)
{
	struct server		*srv = &server;
	struct smtpd_listing	 l = { w, m };
	struct err		 e;

	if (m->what == FLUSH_CACHE)
		return hsl_cache_clear(srv->cache, str_of(m->function));
	if (m->what == FLUSH_CACHE_LIST)
		hsl_cache_list(srv->cache, smtpd_cached, &l);
	else if (m->what == FLUSH_DNS && dns_flush(srv->dns, &e) == -1)
		LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "dns flush"),
		    LOG_STR("reason", e.text));
	return 0;
}

static const struct daemon	smtpd = {
	.program = "smtpd",
	.prepare = smtpd_prepare,
	.load = smtpd_load,
	.start = smtpd_start,
	.drain = smtpd_drain,
	.renew = smtpd_renew,
	.tickets = smtpd_tickets,
	.flush = smtpd_flush,
};

int
main(int argc, char **argv)
{
	return daemon_main(&smtpd, argc, argv);
}
