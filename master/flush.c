/*
 * What workers are asked to forget, and what they say to it.
 */
#include "flush.h"

static int
flush_on_cached(struct process *p, struct rbuf *r)
{
	struct house		*h = p->generation->house;
	struct ipc_CACHED	 m;

	if (ipc_get_CACHED(r, &m) == -1)
		return -1;
	h->ops->on_cached(h->arg, p->pid, &m);
	return 0;
}

static int
flush_on_flushed(struct process *p, struct rbuf *r)
{
	struct house		*h = p->generation->house;
	struct ipc_FLUSHED	 m;

	if (ipc_get_FLUSHED(r, &m) == -1)
		return -1;
	h->ops->on_flushed(h->arg, &m);
	return 0;
}

bool
flush_tell(struct process *p, const struct ipc_FLUSH *m)
{
	if ((p->state != PROCESS_READY && p->state != PROCESS_DRAINING) ||
	    !ipc_allowed(IPC_FLUSH, IPC_MASTER,
	    ipc_role_of(p->service->command), 0))
		return false;
	CHANNEL_PUT(p->channel, FLUSH, -1, m);
	return true;
}

int
flush_on_frame(struct process *p, int type, struct rbuf *r)
{
	switch (type) {
	case IPC_CACHED:
		return flush_on_cached(p, r);
	case IPC_FLUSHED:
		return flush_on_flushed(p, r);
	default:
		return -1;
	}
}
