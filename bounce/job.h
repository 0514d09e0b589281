/*
 * job - one notification on its way: ordered, made, stored, answered
 *
 *	COLLECTED --the body's file, if it has one--> made --store_start()-->
 *	STORING --durable, or not--> answered, gone
 *
 * Ownership  a job is the table's.  Descriptors are taken, whatever happens.
 * Failure    -1: no honest qmgr says so.  What is wrong with an order, an
 *            entry or the disk is answered BOUNCE_LATER; an original that does
 *            not read is left out.
 */
#ifndef BOUNCE_JOB_H
#define BOUNCE_JOB_H

#include <stddef.h>
#include <stdint.h>

#include "ipc/ipc.h"

#define JOBS_MAX	32	/* in flight */

int	job_begin(const struct ipc_BOUNCE_JOB *m, int segment);
int	job_file(uint64_t number, int fd);
size_t	jobs_count(void);
/* Nobody waits for them any more; one that is being stored may come to be. */
void	jobs_drop(void);

#endif
