/*
 * log_args - what stands behind "mtactl log VERB"
 *
 * Ownership  borrows argv.
 */
#ifndef MTACTL_LOG_ARGS_H
#define MTACTL_LOG_ARGS_H

#include "logs/log_filter.h"

enum { LOG_ARGS_FILES = 32 };

struct log_args {
	struct log_filter filter;
	const char	*file[LOG_ARGS_FILES];	/* --file */
	size_t		 files;
	const char	*word;		/* what is no option; NULL: none */
	uint64_t	 lines;		/* -n */
	bool		 json, follow;
};

/* -1 with *e: usage. */
int	log_args_parse(struct log_args *a, int argc, char **argv,
	    struct err *e);

#endif
