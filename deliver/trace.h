/*
 * trace - attempts that somebody looks at, told to qmgr as they happen
 *
 * qmgr sets a trace: terms of a filter, and how many attempts it is for.  Each
 * attempt that begins while it is there and is meant by it is shown: where the
 * filter names a next hop, from the moment when the attempt goes there, with
 * what came before.
 *
 *	TERM* TRACE		then	TRACED ...	until	END
 *
 * Where there is no trace, that costs an attempt one look at a pointer.  A qmgr
 * that does not read holds up nothing: what it can't take is dropped and
 * counted.
 *
 * Ownership  a trace is the list's, its view of an attempt the job's.
 * Failure    trace_term(), trace_set(), trace_unset(): -1, no honest qmgr says
 *            so.
 * Process    on the event loop; calls nothing back.
 */
#ifndef DELIVER_TRACE_H
#define DELIVER_TRACE_H

#include <stdint.h>

#include "base/wire.h"

#define TRACES_MAX	16

struct attempt;
struct job;
struct passage;
struct tap;

int	trace_term(struct rbuf *r);
int	trace_set(struct rbuf *r);
int	trace_unset(struct rbuf *r);
/* qmgr has gone, and all its traces with it. */
void	traces_clear(void);

/* An attempt begins; its tap for the client engine, or NULL: nobody looks. */
void	trace_begin(struct job *j);
const struct tap *trace_tap(const struct job *j);
/* One recipient has its verdict; the attempt was made or not. */
void	trace_verdict(const struct job *j, const struct passage *p);
/* It is over, and nobody looks any more. */
void	trace_over(struct job *j);

#endif
