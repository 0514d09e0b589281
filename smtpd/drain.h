/*
 * drain - how a worker ends
 *
 * It accepts no more and lets its sessions end by themselves.  After soft_ms
 * those between two transactions are told 421, after hard_ms all others are;
 * but one whose message a backend may have taken already is waited for
 * without any limit (MODE_ENDING of life.c), because to cut it off could
 * deliver the message twice.  The worker exits with its last session.
 *
 * Who asks for it: master at a reload (drain_limit,
 * drain_transaction_limit), at a stop and after SIGTERM (0, shutdown_limit),
 * and the worker itself when master is lost (proc/daemon.c).
 *
 * Ownership  part of the server.
 * Failure    none.
 */
#ifndef SMTPD_DRAIN_H
#define SMTPD_DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "event/loop.h"

struct server;

struct drain {
	struct timer	soft;
	struct timer	hard;
	bool		begun;
	bool		soft_passed;
	bool		hard_passed;
};

void	drain_init(struct server *srv);
/* Called again, it can only shorten what is left. */
void	drain_begin(struct server *srv, int64_t soft_ms, int64_t hard_ms);
/* For a session that stands between two transactions: may it go on? */
bool	drain_allows(const struct server *srv);
/* A session, or what waits to become one, has gone. */
void	drain_session_gone(struct server *srv);

#endif
