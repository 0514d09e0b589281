/*
 * bounces - entries whose senders are told what became of them
 *
 *	verdict --> BOUNCING, its order in the journal --> bounce(8)
 *	  					|  a notification, stored
 *	  parent ends, or goes on  <-- taken <--'
 *
 * Ownership  none; see delivery.h.
 * Failure    what can't be done now is done again: the journal has the order
 *            until the notification is taken.
 */
#ifndef QMGR_BOUNCES_H
#define QMGR_BOUNCES_H

#include "delivery.h"

void	bounces_prepare(struct worker *w);
void	bounces_open(void);
void	bounces_close(void);
/* This entry's order was noted just now; all that was is durable. */
void	bounces_new(const struct spool_id *id);
void	bounces_synced(void);
/* An entry was read, or is found, that says that it tells of another, and is
 * not known as taken: it is not scheduled before it is. */
void	bounces_met(const struct spool_id *id, struct str parent);
/* Somebody may have room now. */
void	bounces_kick(void);
/* Somebody has come, or gone: all are looked at again. */
void	bounces_all(void);
/* It was asked for, and could not be made. */
void	bounces_later(const struct spool_id *id, const char *why);
/* Its worker died of it: the third time it is given up. */
void	bounces_strike(const struct spool_id *id);

#endif
