/*
 * simulate_args - what mtactl policy simulate is told
 *
 * Ownership  texts are argv's.
 * Failure    -1 with *e: usage.
 */
#ifndef MTACTL_SIMULATE_ARGS_H
#define MTACTL_SIMULATE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SIMULATE_LOGS = 1000 };

struct simulate_args {
	const char	*log[SIMULATE_LOGS];
	size_t		 logs;
	const char	*policy, *transport;	/* NULL: the instance's */
	uint64_t	 top;			/* rows of a table */
	bool		 json;
};

int	simulate_args_parse(struct simulate_args *a, int argc, char **argv,
	    struct err *e);

#endif
