/*
 * start - finding the master and running it
 */
#ifndef MTACTL_START_H
#define MTACTL_START_H

#include "ipc/caller.h"
#include "verb.h"

/* A master that tries whether it could start, and says so over cl: 0, or -1
 * with *e.  cl is to be closed either way. */
int	start_rehearsal(const struct ctl *c, struct ipc_caller *cl,
	    struct err *e);

#endif
