/*
 * Each question of master's is answered, also by a worker that keeps nothing.
 */
#include "ipc/channel.h"

#include "daemon.h"
#include "flush.h"

void
worker_cached(struct worker *w, const struct ipc_FLUSH *m, struct str space,
    struct str function, size_t entries)
{
	CHANNEL_SEND(w->master, CACHED, -1, { .ask = m->ask, .space = space,
	    .function = function, .entries = entries });
}

int
worker_flush(struct worker *w, struct rbuf *r)
{
	struct ipc_FLUSH	m;
	uint64_t		count = 0;

	if (ipc_get_FLUSH(r, &m) == -1)
		return -1;
	if (w->started && w->daemon->flush != NULL)
		count = w->daemon->flush(w, &m);
	CHANNEL_SEND(w->master, FLUSHED, -1, { .ask = m.ask,
	    .count = count });
	return 0;
}
