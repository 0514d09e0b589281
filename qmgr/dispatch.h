/*
 * dispatch - what the scheduler picks up becomes jobs, and leaves
 *
 * Ownership  none; see delivery.h.
 */
#ifndef QMGR_DISPATCH_H
#define QMGR_DISPATCH_H

#include "delivery.h"

void	dispatch_prepare(struct worker *w);
/* Something has changed: who may go? */
void	dispatch_kick(void);
/* It leaves the scheduler, and post-delivery runs without an attempt. */
void	dispatch_after(struct active *a);
/* It becomes one of the job's, and the journal says so. */
void	dispatch_entry(struct job *j, struct active *a);
void	dispatch_close(void);

#endif
