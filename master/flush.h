/*
 * flush - all workers forget what they have learned, or say what they keep
 *
 * A question has a number; control.c counts the answers.
 *
 * Failure    -1: no honest worker says that.
 */
#ifndef MASTER_FLUSH_H
#define MASTER_FLUSH_H

#include "generation.h"
#include "process.h"

/* Does it keep anything, and was told? */
bool	flush_tell(struct process *p, const struct ipc_FLUSH *m);
/* CACHED, FLUSHED; -1 also for any other type. */
int	flush_on_frame(struct process *p, int type, struct rbuf *r);

#endif
