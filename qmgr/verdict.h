/*
 * verdict - what deliver workers say of an entry, into the book
 *
 * Ownership  none; see delivery.h.
 */
#ifndef QMGR_VERDICT_H
#define QMGR_VERDICT_H

#include "delivery.h"

void	verdict_prepare(struct worker *w);
/* 0, or -1: it makes no sense. */
int	verdict_take(struct job *j, struct active *a, enum job_verdict verdict,
	    struct str state);
/* It waits again, until then, by no verdict of a worker. */
int	verdict_defer(const struct spool_id *id, int64_t wait_ms,
	    const char *reason, struct err *e);
/* Its last verdict is noted: it is told SAFE in time. */
void	verdict_settle_later(struct job *j);
void	verdict_forget(struct job *j);
void	verdict_close(void);

#endif
