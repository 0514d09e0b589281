/*
 * Each question of master's is answered, also by a worker that keeps nothing.
 */
#include "ipc/channel.h"

#include "daemon.h"
#include "flush.h"

#define CACHED_NAME	1024	/* bytes, in CACHED */

/* A script's name may be longer than its place in the frame, which is no
 * reason to lose master. */
static struct str
cached_name(struct str name)
{
	if (name.len > CACHED_NAME)
		name.len = CACHED_NAME;
	return name;
}

void
worker_cached(struct worker *w, const struct ipc_FLUSH *m, struct str space,
    struct str function, size_t entries)
{
	CHANNEL_SEND(w->master, CACHED, -1, { .ask = m->ask,
	    .space = cached_name(space), .function = cached_name(function),
	    .entries = entries });
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
