/*
 * prepare - entries whose pre-delivery hook says how they are tried
 *
 *	prepare_wait -> PREPARE, a job of its own -> PREPARED: scheduled, with
 *						     what the hook left
 *					     '----> VERDICT: as after an attempt
 *
 * What a hook left is dropped with its entry, and when the hops' time is over:
 * then the entry is prepared again.
 *
 * Ownership  what is kept is the table's; texts hold until it changes.
 */
#ifndef QMGR_PREPARE_H
#define QMGR_PREPARE_H

#include "delivery.h"

void	prepare_prepare(struct worker *w);
void	prepare_open(void);
void	prepare_close(void);
/* There is a hook. */
bool	prepare_wanted(void);
/* One more may wait for it: memory is bounded. */
bool	prepare_has_room(void);
void	prepare_wait(struct active *a);
/* It waits no more. */
void	prepare_leave(struct active *a);
/* What was kept of it is dropped. */
void	prepare_forget(struct active *a);
/* Is there somebody whose hook is to be asked yet? */
bool	prepare_waits(void);
/* Jobs for those that wait, as far as there are workers. */
void	prepare_dispatch(struct job_list *list);
/* PREPARED: 0, or -1. */
int	prepare_on_prepared(struct agent *a, struct rbuf *r);
/* Tenant and job as the hook said. */
void	prepare_over(const struct active *a, struct schedule_subqueue *q);
struct str prepare_context(const struct active *a);
/* Its hops may be used now. */
bool	prepare_holds(const struct active *a);

#endif
