/*
 * queue - entries of the queue on standard output
 */
#ifndef MTACTL_QUEUE_H
#define MTACTL_QUEUE_H

#include "ipc/ipc.h"
#include "queue_args.h"
#include "verb.h"

/* Those that `a` means, of which qmgr tells whoever has the role `need`;
 * whole: every field of each.  The exit code. */
int	queue_list(const struct ctl *c, const struct queue_args *a,
	    bool whole, enum ipc_role need);

#endif
