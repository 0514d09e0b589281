/*
 * drain - how a worker ends
 *
 *	state		what is done				until
 *	serving		-					DRAIN
 *	draining	no job is begun, those that wait go	soft limit
 *			back; attempts go on
 *	cutting		attempts go back too, but for those	hard limit
 *			whose message may have been taken
 *	ending		the same; verdicts are told to		the last of
 *			whoever is there			these ends
 *
 * A verdict that had no SAFE keeps the worker until the hard limit: who died
 * with it unwritten would be delivered to twice.  An attempt that waits for the
 * reply to its end is waited for without limit.
 *
 * Ownership  part of the worker.
 * Failure    none.
 */
#ifndef DELIVER_DRAIN_H
#define DELIVER_DRAIN_H

#include <stdint.h>

void	drain_init(void);
/* Called again, it can only shorten what is left. */
void	drain_begin(int64_t soft_ms, int64_t hard_ms);
/* A job has ended. */
void	drain_look(void);

#endif
