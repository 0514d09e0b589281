/*
 * siblings - the other workers, as master tells of them
 *
 * A single (programs.def) accepts connections of workers.  Which of them is
 * at the other end is not theirs to say: master made the processes and tells
 * which one runs what, and the kernel tells which one connected.  So roles
 * hold also where all have one user, and where two programs share one.
 * master tells of a worker before it tells that one to start; who is not
 * known yet is turned away, and comes again.
 *
 * Ownership  the caller's storage, siblings_init() to siblings_fini().
 * Failure    IPC_NOBODY: may say nothing.
 */
#ifndef PROC_SIBLINGS_H
#define PROC_SIBLINGS_H

#include <sys/types.h>

#include <stdint.h>
#include <sys/queue.h>

#include "ipc/ipc.h"

struct sibling {
	TAILQ_ENTRY(sibling)	 link;
	pid_t			 pid;
	uid_t			 uid;
	enum ipc_role		 role;
	uint32_t		 slot;
	uint32_t		 generation;
	struct str		 culprit;	/* in bereft(): see ipc.def */
};

TAILQ_HEAD(siblings, sibling);

void	siblings_init(struct siblings *s);
void	siblings_fini(struct siblings *s);
/* The newest of a pid counts; a program without a role is not kept. */
const struct sibling *siblings_add(struct siblings *s,
	    const struct ipc_WORKER_LIST *m);
/* Takes it from the list, for the caller to free(); NULL: not on it. */
struct sibling	*siblings_take(struct siblings *s, pid_t pid);
/* Of a Unix socket's peer.  pid 0, where the system does not tell it: the
 * role that all of this user have. */
enum ipc_role	 siblings_role(const struct siblings *s, uid_t uid,
		    pid_t pid);

#endif
