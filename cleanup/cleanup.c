/*
 * cleanup - the one writer of the spool's segments; see cleanup(8)
 *
 * Workers give it transactions (common/store), which it writes and syncs, many
 * at once, and answers "durable".  It parses no mail, has no network, and
 * never waits for qmgr, whom it tells how far it is.
 *
 * Kept over reloads (SINGLE in programs.def).  Told to drain, it stays until
 * the last worker has gone, but not beyond the hard limit.
 */
#include "ipc/channel.h"
#include "spool/disk_real.h"
#include "spool/formats.h"

#include "cleanup.h"

#define PER_PROCESS_MAX	4
#define PER_USER_MAX	2048

struct cleanup	cleanup = { .peers = TAILQ_HEAD_INITIALIZER(cleanup.peers) };

static void
cleanup_end(void *arg)
{
	worker_exit(arg);
}

static int
cleanup_prepare(struct worker *w)
{
	const char	*parameter;
	struct err	 e;

	if (access_load(&cleanup.access, &w->params, w->directory, &parameter,
	    &e) == -1) {
		worker_refuse_value(w, parameter, e.text);
		return -1;
	}
	cleanup.worker = w;
	guests_init(&cleanup.guests, PER_PROCESS_MAX, PER_USER_MAX);
	timer_init(&cleanup.hard, w->loop, cleanup_end, w);
	return 0;
}

/* A rehearsal looks, and touches nothing. */
static int
cleanup_load(struct worker *w)
{
	struct err	e;

	if (w->check)
		return 0;
	cleanup.disk = disk_real_new(w->dirs.spool);
	if (large_prepare(&e) == 0)
		return 0;
	worker_refuse_value(w, "spool_directory", e.text);
	return -1;
}

static int
cleanup_start(struct worker *w)
{
	struct err	e;

	if (w->check)
		return 0;
	if (formats_check(cleanup.disk, &e) == -1 ||
	    spool_writer_open(&cleanup.writer, cleanup.disk, 0, &e) == -1 ||
	    large_start(w, &e) == -1) {
		worker_refuse_value(w, "spool_directory", e.text);
		return -1;
	}
	group_start();
	space_start();
	peer_start();
	worker_accept(w, peer_accept);
	return 0;
}

static void
cleanup_renew(struct worker *w)
{
	worker_accept(w, peer_accept);
}

static void
cleanup_drain(struct worker *w, int64_t soft_ms, int64_t hard_ms)
{
	(void)soft_ms;
	if (cleanup.peer_count == 0)
		worker_exit(w);
	else
		timer_start(&cleanup.hard, hard_ms);
}

static int
cleanup_on_qmgr(void *arg, int type, struct rbuf *r, int fd)
{
	(void)arg;
	(void)type;
	(void)r;
	(void)fd;
	return -1;		/* it has nothing to say */
}

static void
cleanup_on_qmgr_end(void *arg)
{
	(void)arg;
	channel_free(&cleanup.qmgr);
}

/* To qmgr(8), which is told at once how far the newest segment is durable. */
static void
cleanup_linked(struct worker *w, enum ipc_role peer, int fd)
{
	static const struct channel_ops	 ops = {
	    .on_frame = cleanup_on_qmgr, .on_end = cleanup_on_qmgr_end };

	channel_free(&cleanup.qmgr);
	cleanup.qmgr = channel_new(w->loop, fd, IPC_CLEANUP, peer, &ops,
	    NULL);
	group_hint();
}

static const struct daemon	cleanup_daemon = {
	.program = "cleanup",
	.prepare = cleanup_prepare,
	.load = cleanup_load,
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
