/*
 * Frames from qmgr become jobs; what does not make sense ends the connection.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/backoff.h"
#include "ipc/channel.h"

#include "bounce.h"
#include "job.h"
#include "mailroom.h"

struct bounce	bounce;

static struct {
	char		*path;		/* NULL: none, or closed */
	struct channel	*channel;	/* NULL: down */
	struct backoff	 again;
} mailroom;

void
mailroom_done(uint64_t job, enum bounce_status status, const char *text)
{
	struct ipc_BOUNCE_DONE	m = { .job = job, .status = status };

	(void)strlcpy(m.text, text, sizeof m.text);
	if (mailroom.channel != NULL)
		CHANNEL_PUT(mailroom.channel, BOUNCE_DONE, -1, &m);
}

/* ---- What qmgr says ------------------------------------------------------ */

/* The descriptors are ours from here on. */
static int
mailroom_on_job(struct rbuf *r, int fd)
{
	struct ipc_BOUNCE_JOB	m;

	if (ipc_get_BOUNCE_JOB(r, &m) == 0)
		return job_begin(&m, fd);
	(void)close(fd);
	return -1;
}

static int
mailroom_on_file(struct rbuf *r, int fd)
{
	struct ipc_BOUNCE_JOB_FILE	m;

	if (ipc_get_BOUNCE_JOB_FILE(r, &m) == 0)
		return job_file(m.job, fd);
	(void)close(fd);
	return -1;
}

static int
mailroom_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	(void)arg;
	backoff_reset(&mailroom.again);
	switch (type) {
	case IPC_BOUNCE_JOB:
		return mailroom_on_job(r, fd);
	case IPC_BOUNCE_JOB_FILE:
		return mailroom_on_file(r, fd);
	default:
		return -1;
	}
}

/* ---- Up and down --------------------------------------------------------- */

/* The channel first: nothing more is to be said to this one. */
static void
mailroom_on_end(void *arg)
{
	(void)arg;
	channel_free(&mailroom.channel);
	LOG(EV_QMGR_LOST, NULL, LOG_NUM("jobs", (int64_t)jobs_count()));
	jobs_drop();
	if (mailroom.path != NULL)
		backoff_later(&mailroom.again);
}

void
mailroom_take(int fd)
{
	static const struct channel_ops	ops = { .on_frame = mailroom_on_frame,
	    .on_end = mailroom_on_end };

	mailroom.channel = channel_new(bounce.loop, fd, IPC_BOUNCE, IPC_QMGR,
	    &ops, NULL);
	CHANNEL_SEND(mailroom.channel, BOUNCE_HELLO, -1, { .table_hash =
	    ipc_table_hash(), .pid = (uint32_t)getpid(), .in_flight =
	    JOBS_MAX });
}

static void
mailroom_try(void *arg)
{
	int	fd = net_connect_unix(mailroom.path);

	(void)arg;
	if (fd == -1)
		backoff_later(&mailroom.again);
	else
		mailroom_take(fd);
}

void
mailroom_open(const char *path)
{
	mailroom.path = xstrdup(path);
	backoff_init(&mailroom.again, bounce.loop, mailroom_try, NULL);
	timer_start(&mailroom.again.timer, 0);
}

void
mailroom_close(void)
{
	jobs_drop();
	if (mailroom.channel != NULL)
		channel_flush(mailroom.channel);
	channel_free(&mailroom.channel);
	if (mailroom.path != NULL)
		backoff_fini(&mailroom.again);
	free(mailroom.path);
	mailroom.path = NULL;
}
