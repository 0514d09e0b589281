/*
 * As smtpd's: the texts are master's, limits are parameters, and what is wrong
 * with a script is told before the worker is ready.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "body/body.h"
#include "hooks/hook.h"
#include "hooks/hooks.h"
#include "hooks/origin.h"
#include "hooks/queue_host.h"
#include "ipc/ipc.h"
#include "proc/attendance.h"
#include "proc/flush.h"
#include "schedule/transport.h"
#include "share/share.h"
#include "store/store.h"

#include "deliver.h"
#include "script.h"

static struct {
	struct worker		*worker;
	char			 root[PATH_MAX];
	struct origin		 origin;
	struct body_store	 bodies;	/* of mail that scripts make */
	struct hsl_cache	*cache;
	struct share		*share, *queue;
	struct store_client	*store;
	struct queue_host	 host;
	struct hook		*hook[HOOK_MAX];
	bool			 doubted;	/* by a warning */
} script;

static const char *
script_path(const struct params *p, enum hook_kind kind)
{
	return kind == HOOK_PREDELIVERY ? p->hook_predelivery :
	    p->hook_postdelivery;
}

static bool
script_wanted(const struct worker *w)
{
	return w->params.hook_predelivery[0] != '\0' ||
	    w->params.hook_postdelivery[0] != '\0';
}

/* ---- With all rights ----------------------------------------------------- */

int
script_prepare(struct worker *w)
{
	char		path[PATH_MAX];
	struct err	e;

	script.worker = w;
	if (!script_wanted(w))
		return 0;
	worker_path(w, w->params.script_root, path, sizeof path);
	if (realpath(path, script.root) == NULL)
		(void)strlcpy(script.root, path, sizeof script.root);
	script.origin.root = script.root;
	script.origin.confined = true;
	(void)origin_open_root(&script.origin, NULL);
	w->dirs.read_too = script.origin.dir;
	worker_path(w, w->params.body_directory, path, sizeof path);
	script.bodies = (struct body_store){
	    .message_limit = w->params.body_memory_limit,
	    .total_limit = w->params.body_memory_total,
	    .directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	w->dirs.scratch = script.bodies.directory;
	if (script.bodies.directory != -1)
		return 0;
	(void)err_errno(&e, "%s", path);
	worker_refuse_value(w, "body_directory", e.text);
	return -1;
}

/* ---- In the jail --------------------------------------------------------- */

static void
script_diag(void *arg, const struct hsl_diag *d)
{
	worker_refuse(arg, d->file, d->line, d->column, d->text);
}

/* Whether warnings count is the operator's choice. */
static void
script_warn(void *arg, const struct hsl_diag *d)
{
	struct worker	*w = arg;

	if (w->params.hsl_warnings == PARAM_HSL_WARNINGS_WARN) {
		worker_warn(w, d->file, d->line, d->column, d->text);
		return;
	}
	script.doubted = true;
	script_diag(w, d);
}

static void
script_count_error(void)
{
	COUNT(hook_errors);
}

static void
script_count_queued(bool durable)
{
	if (durable)
		COUNT(messages_queued);
	else
		COUNT(queue_refusals);
}

/* master has compiled it: a fault is one of ours. */
static void
script_transport_fault(void *arg, const char *file, int line, int column,
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
script_transports(struct worker *w)
{
	struct transports	*fresh;

	if (transports_compile(&fresh, "transport.cf",
	    conf_files_text(&w->conf_files, "transport.cf"), &w->params,
	    script_transport_fault, w) == -1)
		return -1;
	transports_free(&script.host.transports);
	script.host.transports = fresh;
	return 0;
}

static void
script_connect(struct worker *w)
{
	const struct params	*p = &w->params;
	char			 path[PATH_MAX];

	script.cache = hsl_cache_new(HSL_CACHE_BYTES);
	script.share = share_connect(w->loop, worker_socket(w, SHARE_SOCKET,
	    path, sizeof path));
	script.queue = share_lent_queue(w->loop);
	script.store = store_client_new(w->loop, IPC_DELIVER, worker_socket(w,
	    CLEANUP_SOCKET, path, sizeof path));
	store_client_limit(script.store, p->spool_timeout);
	script.host = (struct queue_host){ .store = script.store,
	    .bodies = &script.bodies,
	    .hostname = p->myhostname, .serverid = w->service,
	    .size_limit = p->message_size_limit,
	    .hop_limit = (unsigned)p->hop_count_limit,
	    .received = p->received_header,
	    .on_queued = script_count_queued };
}

static struct hsl_limits
script_limits(const struct params *p)
{
	struct hsl_limits	l = hsl_limits_default;

	l.memory_bytes = p->hook_memory_limit;
	l.instructions = (uint64_t)p->hook_instruction_limit;
	l.depth = (uint32_t)p->hook_depth_limit;
	l.time_ms = (uint32_t)p->hook_time_limit;
	return l;
}

static int
script_compile(struct worker *w, enum hook_kind kind,
    const struct script *text)
{
	const struct params	*p = &w->params;
	char			 path[PATH_MAX];
	struct hook_config	 c = { .offers = hooks_host(kind),
	    .host = { .loop = w->loop, .dns = deliver.dns,
	    .origin = &script.origin, .cache = script.cache,
	    .share = script.share, .quotas = script.queue,
	    .hostname = p->myhostname, .queue = &script.host,
	    .sessions = attendance, .worker = w },
	    .limits = script_limits(p), .open = origin_open,
	    .open_arg = &script.origin, .on_error = script_count_error,
	    .warn = p->hsl_warnings == PARAM_HSL_WARNINGS_IGNORE ? NULL :
	    script_warn };

	script.hook[kind] = hook_new(kind, &c, worker_path(w, script_path(p,
	    kind), path, sizeof path), text->text, script_diag, w);
	return script.hook[kind] != NULL && !script.doubted ? 0 : -1;
}

static int
script_load_one(struct worker *w, enum hook_kind kind)
{
	const char		*path = script_path(&w->params, kind);
	const struct script	*text;
	char			 parameter[64];

	if (path[0] == '\0')
		return 0;
	if ((text = worker_script(w, path)) != NULL)
		return script_compile(w, kind, text);
	(void)snprintf(parameter, sizeof parameter, "hook_%s",
	    hook_name(kind));
	worker_refuse_value(w, parameter, "master sent no such script");
	return -1;
}

int
script_load(struct worker *w)
{
	if (!script_wanted(w))
		return 0;
	script_connect(w);
	if (script_transports(w) == -1 ||
	    script_load_one(w, HOOK_PREDELIVERY) == -1)
		return -1;
	return script_load_one(w, HOOK_POSTDELIVERY);
}

void
script_renew(struct worker *w)
{
	if (script_wanted(w))
		(void)script_transports(w);
}

struct script_listing {
	struct worker		*worker;
	const struct ipc_FLUSH	*asked;
};

static void
script_cached(void *arg, struct str space, struct str function,
    size_t entries)
{
	struct script_listing	*l = arg;

	worker_cached(l->worker, l->asked, space, function, entries);
}

uint64_t
script_flush(struct worker *w, const struct ipc_FLUSH *m)
{
	struct script_listing	l = { w, m };

	if (script.cache != NULL && m->what == FLUSH_CACHE)
		return hsl_cache_clear(script.cache, str_of(m->function));
	if (script.cache != NULL && m->what == FLUSH_CACHE_LIST)
		hsl_cache_list(script.cache, script_cached, &l);
	return 0;
}

struct hook *
script_hook(enum hook_kind kind)
{
	return script.hook[kind];
}

/* ---- qmgr ---------------------------------------------------------------- */

void
script_lend(struct channel *c)
{
	if (script.queue != NULL)
		share_lend(script.queue, c);
}

int
script_heard(int type, struct rbuf *r)
{
	return script.queue != NULL ? share_heard(script.queue, type, r) : -1;
}

/* Behind all jobs. */
void
script_fini(void)
{
	hook_free(&script.hook[HOOK_PREDELIVERY]);
	hook_free(&script.hook[HOOK_POSTDELIVERY]);
	if (script.store != NULL)
		store_client_free(&script.store);
	if (script.share != NULL)
		share_free(&script.share);
	if (script.queue != NULL)
		share_free(&script.queue);
	if (script.cache != NULL)
		hsl_cache_free(&script.cache);
	transports_free(&script.host.transports);
	memset(&script, 0, sizeof script);
}
