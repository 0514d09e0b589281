/*
 * cleanup - makes messages durable; see cleanup(8)
 *
 * The one writer of the spool.  It parses no mail.
 */
#include <unistd.h>

#include "event/gate.h"
#include "proc/daemon.h"

/* Nobody is answered yet. */
static void
cleanup_accept(void *arg, struct gate *g)
{
	int	fd = gate_take(g, NULL);

	(void)arg;
	if (fd != -1)
		(void)close(fd);
}

static int
cleanup_prepare(struct worker *w)
{
	(void)w;
	return 0;
}

static int
cleanup_start(struct worker *w)
{
	worker_accept(w, cleanup_accept);
	return 0;
}

static void
cleanup_renew(struct worker *w)
{
	worker_accept(w, cleanup_accept);
}

static void
cleanup_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	(void)hard_ms;
	worker_exit(w);
}

/* The other end is qmgr(8). */
static void
cleanup_linked(struct worker *w, enum ipc_role peer, int fd)
{
	(void)w;
	(void)peer;
	(void)close(fd);
}

static const struct daemon	cleanup_daemon = {
	.program = "cleanup",
	.prepare = cleanup_prepare,
	.start = cleanup_start,
	.drain = cleanup_drain,
	.renew = cleanup_renew,
	.linked = cleanup_linked,
};

int
main(int argc, char **argv)
{
	return daemon_main(&cleanup_daemon, argc, argv);
}
