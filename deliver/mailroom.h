/*
 * mailroom - the connection to qmgr(8)
 *
 *	down -> HELLO, what is in hand (HELD, LEASED, VERDICT), READY -> up
 *
 * It is connected to for ever: a qmgr that is away comes back.  What was begun
 * meanwhile goes on.  qmgr speaks first after READY.
 *
 * Ownership  one a process.
 * Failure    none.
 * Process    on the event loop.
 */
#ifndef DELIVER_MAILROOM_H
#define DELIVER_MAILROOM_H

struct channel;

void		 mailroom_open(const char *path);
void		 mailroom_close(void);
/* Who is told of verdicts and leases; NULL: nobody is there. */
struct channel	*mailroom_channel(void);
/* This worker takes no more jobs. */
void		 mailroom_drain(void);

#endif
