/*
 * links - what singles are told of the other workers
 *
 * Which processes there are and which are gone (WORKER_LIST, WORKER_GONE),
 * and connections between two that have the spool as their jail (LINK).
 *
 * Process    links_started() before the worker is told START, links_gone()
 *            when it was reaped, or given up with its generation.
 */
#ifndef MASTER_LINKS_H
#define MASTER_LINKS_H

#include <sys/types.h>

struct process;

void	links_started(struct process *p);
/* status is wait()'s. */
void	links_gone(struct process *p, pid_t pid, int status);

#endif
