/*
 * programs - the rows of programs.def, and who their workers are
 *
 * Failure    program_user(): -1 with *e, when the system has none of the
 *            users that it looks for.
 */
#ifndef CONF_PROGRAMS_H
#define CONF_PROGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct program_row {
	const char	*name;
	int		 most;		/* largest maxproc */
	int		 processes;	/* of "-"; 0 one a processor */
	bool		 single;	/* kept over a reload */
	int		 turn;		/* of a stop */
	const char	*user;
	bool		 spool;		/* its jail is the spool's directory */
	bool		 quiet;		/* nobody connects to it */
	unsigned int	 promises;
};

extern const struct program_row	program_rows[];
extern const size_t		program_count;

/* NULL: there is none. */
const struct program_row	*program_find(const char *name);

struct program_user {
	uid_t	uid;
	gid_t	gid;
	char	name[64];
	bool	instead;	/* `user` does not exist: somebody else */
};

/*
 * Who runs what `user` should: that user, else the owner of `directory`, else
 * nobody.  Never root.
 */
int	program_user(const char *user, const char *directory,
	    struct program_user *u, struct err *e);

#endif
