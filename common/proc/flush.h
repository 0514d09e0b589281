/*
 * flush - a worker forgets what it has learned, or says what it keeps
 *
 * Failure    -1: master would not send that.
 */
#ifndef PROC_FLUSH_H
#define PROC_FLUSH_H

#include "base/wire.h"
#include "ipc/ipc.h"

struct worker;

/* A FLUSH. */
int	worker_flush(struct worker *w, struct rbuf *r);
/* For FLUSH_CACHE_LIST: so many results are kept of a function. */
void	worker_cached(struct worker *w, const struct ipc_FLUSH *m,
	    struct str space, struct str function, size_t entries);

#endif
