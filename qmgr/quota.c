/*
 * Questions of scripts about quotas: an answer each, at once.
 *
 * A worker of smtpd has a connection of its own for that, over which nothing
 * else may be said; one of deliver asks over the connection that it has
 * (agent.c).
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "event/guests.h"
#include "ipc/channel.h"
#include "spool/book_quota.h"

#include "live.h"
#include "quota.h"

#define QUOTA_PER_PROCESS	2	/* the next while the last one ends */
#define QUOTA_PER_USER		4096	/* all workers are one user's */
/* Of answers that a worker does not read: no honest one asks for so many. */
#define QUOTA_QUEUED_MAX	(64U * 1024)

struct asker {
	struct channel	*channel;
	struct guest_id	 guest;
	bool		 greeted;
};

static struct guests	quota_guests;

/* Before the writer has said how far it is not all has been counted. */
static enum quota_status
quota_look(struct str name, uint64_t *count, uint64_t *bytes)
{
	struct book	*b = keeper_book();

	*count = *bytes = 0;
	if (b == NULL || !book_hinted(b))
		return QUOTA_NOT_YET;
	return book_quota(b, name, count, bytes) == 0 ? QUOTA_KNOWN :
	    QUOTA_UNKNOWN;
}

int
quota_on_ask(struct channel *c, struct rbuf *r)
{
	struct ipc_QUOTA_ASK	m;
	struct ipc_QUOTA_ANSWER	answer;

	if (ipc_get_QUOTA_ASK(r, &m) == -1 ||
	    channel_queued(c) > QUOTA_QUEUED_MAX)
		return -1;
	answer.id = m.id;
	answer.status = quota_look(m.name, &answer.count, &answer.bytes);
	CHANNEL_PUT(c, QUOTA_ANSWER, -1, &answer);
	return 0;
}

/* ---- Workers of smtpd ---------------------------------------------------- */

static int
asker_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct live_asker	 who;
	struct asker		*a = arg;
	struct ipc_QUOTA_HELLO	 m;

	(void)fd;
	if (type == IPC_QUOTA_HELLO && !a->greeted) {
		a->greeted = ipc_get_QUOTA_HELLO(r, &m) == 0 &&
		    m.table_hash == ipc_table_hash();
		return a->greeted ? 0 : -1;
	}
	who = (struct live_asker){ a->channel, IPC_SMTPD, 0 };
	if (!a->greeted)
		return -1;
	switch (type) {
	case IPC_QUOTA_ASK:
		return quota_on_ask(a->channel, r);
	case IPC_LIVE_ADD:
		return live_on_add(&who, r);
	case IPC_LIVE_DELETE:
		return live_on_delete(&who, r);
	default:
		return -1;
	}
}

static void
asker_on_end(void *arg)
{
	struct asker	*a = arg;

	guests_leave(&quota_guests, &a->guest);
	channel_free(&a->channel);
	free(a);
}

int
quota_accept(struct worker *w, int fd)
{
	static const struct channel_ops	 ops = { .on_frame = asker_on_frame,
	    .on_end = asker_on_end };
	struct asker			*a;
	struct guest_id			 guest;

	if (!guests_enter(&quota_guests, fd, &guest))
		return -1;
	a = xcalloc(1, sizeof *a);
	a->guest = guest;
	a->channel = channel_new(w->loop, fd, IPC_QMGR, IPC_SMTPD, &ops, a);
	return 0;
}

void
quota_prepare(void)
{
	guests_init(&quota_guests, QUOTA_PER_PROCESS, QUOTA_PER_USER);
}
