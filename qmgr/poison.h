/*
 * poison - entries that end their workers
 *
 * Ownership  none; see delivery.h.
 */
#ifndef QMGR_POISON_H
#define QMGR_POISON_H

#include "delivery.h"

/* A worker died while it worked on it; the entry is nobody's. */
void	poison_strike(const struct spool_id *id);
/* It runs where nothing else does: it gets a turn of its own. */
void	poison_wait(struct active *a);
/* Jobs that can go now join the list. */
void	poison_dispatch(struct job_list *list);
void	poison_job_over(const struct job *j);
void	poison_agent_over(const struct agent *a);
void	poison_close(void);

#endif
