/*
 * change - what a configuration asks for, compared with the one that runs
 *
 * Failure    what is wrong was told by notice_report().
 */
#ifndef MASTER_CHANGE_H
#define MASTER_CHANGE_H

#include "instance.h"

/* What workers and other programs hold on to can't change under them. */
bool	change_needs_restart(struct instance *i, const struct conf *conf);
/* Loads transport.cf and policy.cf: how many faults they have.  What is no
 * fault but looks like one is told, too. */
int	change_plan(struct instance *i, const struct conf *conf,
	    struct plans *plans);
/*
 * Nothing else has changed, and so the workers can go on.  If nothing has
 * changed at all, the operator who reloads wants fresh workers; and only they
 * have a socket that had to be bound anew.
 */
bool	change_is_of_plans(const struct instance *i, const struct conf *conf,
	    const struct plans *plans);

#endif
