/*
 * queue_print - entries of the queue for people and for programs
 *
 * For programs, what qmgr wrote is handed on as it is, row by row.
 */
#ifndef MTACTL_QUEUE_PRINT_H
#define MTACTL_QUEUE_PRINT_H

#include "ipc/ipc.h"
#include "queue_args.h"

struct queue_print {
	const struct queue_args	*args;
	bool			 whole;		/* every field, a line each */
	bool			 alone;		/* one object, not a list */
	uint64_t		 count;
};

void	queue_print_begin(struct queue_print *p);
/* arg is a queue_print. */
void	queue_print_row(void *arg, struct str json);
void	queue_print_group(void *arg, const struct ipc_QUEUE_GROUP *g);
/* after: where a list that was cut goes on, or "". */
void	queue_print_end(struct queue_print *p, const char *after);

#endif
