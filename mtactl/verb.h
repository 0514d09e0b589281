/*
 * verb - what mtactl can do: one row of verbs.def, one file each
 *
 * A verb's function gets its own arguments, argv[0] being the verb, and
 * returns the exit code.  --help is dealt with before it is called.
 */
#ifndef MTACTL_VERB_H
#define MTACTL_VERB_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

enum { CTL_OK = 0, CTL_FAILED = 1, CTL_USAGE = 2, CTL_ABSENT = 3 };

struct ctl {
	const char	*dir;		/* configuration directory */
	const char	*self;		/* argv[0] of mtactl */
};

struct verb {
	const char	*name;		/* "start", or "config check" */
	const char	*usage;		/* what follows the name */
	const char	*help;
	int		(*run)(const struct ctl *c, int argc, char **argv);
};

#define VERB(fn, name, usage, help)					\
int	fn(const struct ctl *c, int argc, char **argv);
#include "verbs.def"
#undef VERB

/* Runs the verb that argv begins with; the exit code. */
int	mtactl_verb(const struct ctl *c, int argc, char **argv);
/* All verbs, or those of one group. */
void	mtactl_usage(FILE *to, const char *group);

/* The usage line of the verb that runs, on standard error: CTL_USAGE. */
int	verb_usage(void);
/* A line on standard error: CTL_FAILED. */
int	verb_fail(const struct err *e);

#endif
