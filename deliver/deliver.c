/*
 * deliver - hands queued messages to the hosts they are for; see deliver(8)
 *
 * The worker's setting up: what it loads with all rights, in the jail and in
 * the sandbox.
 */
#include <fcntl.h>
#include <string.h>

#include "base/log.h"
#include "compat/heap.h"
#include "dns/dns.h"
#include "outbound/secret.h"
#include "outbound/trust.h"
#include "proc/confine.h"

#include "attempt.h"
#include "deliver.h"
#include "drain.h"
#include "job.h"
#include "lease.h"
#include "lent.h"
#include "mailroom.h"
#include "numbered.h"
#include "own.h"
#include "routing.h"
#include "script.h"

struct deliver	deliver;

static int
deliver_load_dns(struct worker *w)
{
	const struct params	*p = &w->params;
	char			 data[PATH_MAX], anchor[PATH_MAX];
	struct dns_config	 c = { .servers = p->dns_servers,
	    .local_data = worker_path(w, p->dns_local_data, data,
	    sizeof data), .trust_anchor = worker_path(w,
	    p->dns_trust_anchor, anchor, sizeof anchor) };
	struct err		 e;

	deliver.dns = dns_new(w->loop, &c, &e);
	if (deliver.dns != NULL)
		return 0;
	worker_refuse_value(w, "dns_servers", e.text);
	return -1;
}

/* Where it is missing, transports that need a secret say so. */
static void
deliver_open_secrets(struct worker *w)
{
	char	path[PATH_MAX];
	int	fd;

	worker_path(w, w->params.secret_directory, path, sizeof path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	w->dirs.read = fd;
	deliver.secrets = secrets_new(fd);
}

static int
deliver_prepare(struct worker *w)
{
	deliver.worker = w;
	deliver.loop = w->loop;
	deliver.params = &w->params;
	w->state = &deliver;
	deliver_open_secrets(w);
	own_load(conf_files_text(&w->conf_files, "listening"));
	if (trust_load(w, &deliver.trust) == -1 || script_prepare(w) == -1)
		return -1;
	return deliver_load_dns(w);
}

static int
deliver_load(struct worker *w)
{
	return script_load(w);
}

/* ---- The sandbox --------------------------------------------------------- */

static void
deliver_working(void *arg, void *request)
{
	(void)arg;
	(void)attempt_working(request);
}

static int
deliver_start_engine(struct worker *w)
{
	/* Leases limit connections, transports say how long each is kept. */
	const struct send_limits	limits = { .connections = SIZE_MAX,
					    .idle_ms = 5000,
					    .transactions = 100 };
	const struct granter		by = lease_granter();
	struct err			e;

	deliver.engine = send_engine_new(w->loop, deliver.dns, &limits,
	    &deliver.trust, &e);
	if (deliver.engine == NULL) {
		worker_refuse(w, w->service, 0, 0, e.text);
		return -1;
	}
	send_engine_set_granter(deliver.engine, &by);
	send_engine_set_working(deliver.engine, deliver_working, NULL);
	return 0;
}

static int
deliver_start(struct worker *w)
{
	char	path[PATH_MAX];

	(void)confine_run_directory(w, true, deliver.run_directory,
	    sizeof deliver.run_directory);
	numbered_init();
	routing_init();
	lents_init();
	leases_init();
	jobs_init();
	drain_init();
	if (deliver_start_engine(w) == -1)
		return -1;
	if (!w->check)
		mailroom_open(worker_socket(w, QMGR_SOCKET, path,
		    sizeof path));
	return 0;
}

static void
deliver_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)w;
	drain_begin(soft_ms, hard_ms);
}

static uint64_t
deliver_flush(struct worker *w, const struct ipc_FLUSH *m)
{
	struct err	e;

	if (m->what == FLUSH_DNS && dns_flush(deliver.dns, &e) == -1)
		LOG(EV_SYSTEM_ERROR, NULL, LOG_STR("call", "dns flush"),
		    LOG_STR("reason", e.text));
	return script_flush(w, m);
}

int
main(int argc, char **argv)
{
	static const struct daemon	daemon = {
		.program = "deliver",
		.prepare = deliver_prepare,
		.load = deliver_load,
		.start = deliver_start,
		.drain = deliver_drain,
		.flush = deliver_flush,
		.renew = script_renew,
	};

	return daemon_main(&daemon, argc, argv);
}
