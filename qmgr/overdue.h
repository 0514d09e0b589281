/*
 * overdue - entries that wait in memory beyond their time
 *
 * Those that a limit, a suspension or a route keeps for days are looked at now
 * and then: who is past his age is given up, as one that is read from disk is.
 */
#ifndef QMGR_OVERDUE_H
#define QMGR_OVERDUE_H

#include "spool/state.h"

struct worker;

void	overdue_prepare(struct worker *w);
void	overdue_open(void);
void	overdue_close(void);
/* Is no attempt of it to be made any more? */
bool	overdue_is(const struct spool_entry *entry,
	    const struct entry_state *s);

#endif
