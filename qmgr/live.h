/*
 * live - dynamic policies and suspensions: who adds them, and how they last
 *
 * Failure    -1: what no honest peer sends.
 */
#ifndef QMGR_LIVE_H
#define QMGR_LIVE_H

#include <sys/types.h>

#include "delivery.h"

/* Who asks; uid: of mtactl's. */
struct live_asker {
	struct channel	*channel;
	enum ipc_role	 role;
	uid_t		 uid;
};

void	live_prepare(struct worker *w);
/* What was kept is there again, and what a start suspends. */
void	live_open(void);
void	live_close(void);
/* LIVE_ADD, LIVE_DELETE. */
int	live_on_add(const struct live_asker *who, struct rbuf *r);
int	live_on_delete(const struct live_asker *who, struct rbuf *r);

#endif
