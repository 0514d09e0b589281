/*
 * teller - workers of bounce(8), who make what senders are told
 *
 * Ownership  a telling is the table's from teller_ask() on, until its entry is
 *            forgotten.
 * Failure    see each.
 */
#ifndef QMGR_TELLER_H
#define QMGR_TELLER_H

#include "delivery.h"

void	teller_prepare(struct worker *w);
void	teller_open(void);
void	teller_close(void);
/* A worker has connected. */
void	teller_accept(int fd, pid_t pid);
/* master says that it has ended: of what, if a signal did it. */
void	teller_gone(pid_t pid, int signal, struct str culprit);
/* Is there one that can be asked? */
bool	teller_idle(void);
/* Is there one at all? */
bool	teller_any(void);
/* It was asked for this entry, and has not given it back; or what it made is
 * not here yet. */
bool	teller_has(const struct spool_id *id);
/* It is asked: 0; -1 with *e: the entry does not read. */
int	teller_ask(const struct spool_id *id, struct err *e);
/* What it made has come, or is asked for anew. */
void	teller_forget(const struct spool_id *id);

#endif
