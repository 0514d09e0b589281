/*
 * arrears - entries that were held because nobody could tell their senders
 *
 * Builds that had no bounce(8) held what was refused for good or had expired,
 * with its reason.  When the first worker of it has come, these are looked for
 * in the background, once in the life of a spool: each gets its verdict as if
 * a hand had given it up.  What a hand, a script or its own strikes hold stays
 * held.
 *
 * Ownership  none; see delivery.h.
 * Failure    what was not done is done after the next start.
 */
#ifndef QMGR_ARREARS_H
#define QMGR_ARREARS_H

struct worker;

void	arrears_prepare(struct worker *w);
void	arrears_close(void);
/* Somebody can tell senders now. */
void	arrears_begin(void);

#endif
