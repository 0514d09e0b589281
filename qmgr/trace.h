/*
 * trace - attempts shown to mtactl as they happen
 *
 * Every deliver worker is told what is to be shown; what they say is handed on
 * until so many attempts are over, so much time has passed or mtactl has gone.
 * What mtactl does not read is dropped and counted.
 *
 * Ownership  trace_new() gives, trace_free() takes and clears.  Channel and
 *            filter are borrowed.
 * Failure    trace_new(): NULL, no honest mtactl asks so.  What can't be done
 *            is told as a DONE that failed.
 */
#ifndef QMGR_TRACE_H
#define QMGR_TRACE_H

#include <sys/types.h>

#include "base/wire.h"

struct agent;
struct channel;
struct queue_filter;
struct trace;

struct trace	*trace_new(struct channel *c, uid_t uid,
		    const struct queue_filter *f, struct rbuf *r);
void		 trace_free(struct trace **t);

/* It takes jobs: it is told of all traces. */
void		 trace_agent_ready(struct agent *a);
/* Its attempts are seen no more. */
void		 trace_agent_away(struct agent *a);
/* What it says of an attempt. */
int		 trace_on_line(struct agent *a, struct rbuf *r);

#endif
