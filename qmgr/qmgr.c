/*
 * qmgr - keeps the queue; see qmgr(8)
 *
 * It reads the spool that cleanup(8) writes, and alone removes from it.
 */
#include "delivery.h"
#include "route.h"
#include "schedule/schedule_renew.h"
#include "policies.h"
#include "rights.h"
#include "teller.h"

static int
qmgr_prepare(struct worker *w)
{
	if (front_prepare(w) == -1)
		return -1;
	keeper_prepare(w);
	delivery_prepare(w);
	return 0;
}

static int
qmgr_start(struct worker *w)
{
	front_start(w);
	keeper_start(w);
	return 0;
}

static void
qmgr_renew(struct worker *w)
{
	front_start(w);
	keeper_renew();
	delivery_renew();
}

/* Nothing that it does needs to be waited for. */
static void
qmgr_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	(void)hard_ms;
	keeper_stop();
	worker_exit(w);
}

static void
qmgr_bereft(struct worker *w, const struct sibling *s, int signal)
{
	(void)w;
	if (s->role == IPC_DELIVER)
		agent_gone(s->pid, signal, s->culprit);
	if (s->role == IPC_BOUNCE)
		teller_gone(s->pid, signal, s->culprit);
}

/* Whom it answers from now on; or what is in the file of a list now. */
static int
qmgr_told(struct worker *w, int type, struct rbuf *r)
{
	struct ipc_LIST_FILE	m;

	if (type == IPC_ADMISSION)
		return rights_admit(r);
	if (ipc_get_LIST_FILE(r, &m) == -1)
		return -1;
	conf_files_settle(&w->conf_files);
	policies_relist(m.name);
	return 0;
}

/* Where mail goes is asked again. */
static uint64_t
qmgr_flush(struct worker *w, const struct ipc_FLUSH *m)
{
	(void)w;
	if (m->what != FLUSH_DNS || delivery_schedule() == NULL)
		return 0;
	schedule_unbar(delivery_schedule());
	return route_forget();
}

static const struct daemon	qmgr_daemon = {
	.program = "qmgr",
	.prepare = qmgr_prepare,
	.start = qmgr_start,
	.drain = qmgr_drain,
	.renew = qmgr_renew,
	.flush = qmgr_flush,
	.told = qmgr_told,
	.linked = keeper_linked,
	.bereft = qmgr_bereft,
};

int
main(int argc, char **argv)
{
	return daemon_main(&qmgr_daemon, argc, argv);
}
