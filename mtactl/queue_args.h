/*
 * queue_args - what stands behind "mtactl queue VERB"
 *
 * Ownership  borrows argv; queue_args_fini() gives back the rest.
 */
#ifndef MTACTL_QUEUE_ARGS_H
#define MTACTL_QUEUE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct queue_term {
	struct str	name, value;
};

struct queue_args {
	struct queue_term *term;	/* of the filter, ids among them */
	size_t		 terms;
	struct queue_term *assign;	/* NAME=VALUE */
	size_t		 assigns;
	struct str	*column;	/* -F */
	size_t		 columns;
	size_t		 ids;		/* that stand alone */
	const char	*after;
	const char	*group;
	uint64_t	 limit;
	uint64_t	 wait;		/* seconds */
	uint64_t	 count, seconds;	/* of a trace; 0: not said */
	bool		 moves;		/* --transport */
	bool		 json, dry_run, original, all;
};

/* assign: NAME=VALUE may stand among the ids.  -1 with *e: usage. */
int	queue_args_parse(struct queue_args *a, bool assign, int argc,
	    char **argv, struct err *e);
void	queue_args_fini(struct queue_args *a);

#endif
