/*
 * script - the hooks of this worker, and what its scripts may touch
 *
 * Ownership  one a process: script_prepare(), script_load(), script_fini().
 * Failure    -1: the worker has said what is wrong with the configuration.
 * Process    script_prepare() with all rights, script_load() in the jail.  All
 *            does nothing where no hook is set.
 */
#ifndef DELIVER_SCRIPT_H
#define DELIVER_SCRIPT_H

#include <stdint.h>

#include "hooks/hook.h"

struct channel;
struct ipc_FLUSH;
struct rbuf;
struct worker;

int		 script_prepare(struct worker *w);
int		 script_load(struct worker *w);
void		 script_fini(void);
/* transport.cf has changed. */
void		 script_renew(struct worker *w);
/* Of what the functions of scripts keep: how many were forgotten. */
uint64_t	 script_flush(struct worker *w, const struct ipc_FLUSH *m);
/* Of those before and behind an attempt; NULL: it is not set. */
struct hook	*script_hook(enum hook_kind kind);

/* The connection to qmgr, over which scripts ask it: it is there, or lost
 * (NULL); and an answer: -1, no honest qmgr says so. */
void		 script_lend(struct channel *c);
int		 script_heard(int type, struct rbuf *r);

#endif
