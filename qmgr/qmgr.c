/*
 * qmgr - keeps the queue; see qmgr(8)
 *
 * It reads the spool that cleanup(8) writes, and alone removes from it.
 */
#include <unistd.h>

#include "event/gate.h"
#include "proc/daemon.h"

/* Nobody is answered yet. */
static void
qmgr_accept(void *arg, struct gate *g)
{
	int	fd = gate_take(g, NULL);

	(void)arg;
	if (fd != -1)
		(void)close(fd);
}

static int
qmgr_prepare(struct worker *w)
{
	(void)w;
	return 0;
}

static int
qmgr_start(struct worker *w)
{
	worker_accept(w, qmgr_accept);
	return 0;
}

static void
qmgr_renew(struct worker *w)
{
	worker_accept(w, qmgr_accept);
}

static void
qmgr_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	(void)hard_ms;
	worker_exit(w);
}

/* The other end is cleanup(8). */
static void
qmgr_linked(struct worker *w, enum ipc_role peer, int fd)
{
	(void)w;
	(void)peer;
	(void)close(fd);
}

static const struct daemon	qmgr_daemon = {
	.program = "qmgr",
	.prepare = qmgr_prepare,
	.start = qmgr_start,
	.drain = qmgr_drain,
	.renew = qmgr_renew,
	.linked = qmgr_linked,
};

int
main(int argc, char **argv)
{
	return daemon_main(&qmgr_daemon, argc, argv);
}
