/*
 * Each user that programs.def names is looked up once, and an operator is told
 * where another one takes its place.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "conf/programs.h"
#include "users.h"

/* Whether an earlier row has the same user. */
static bool
users_told(size_t row)
{
	size_t	i;

	for (i = 0; i < row; i++)
		if (strcmp(program_rows[i].user, program_rows[row].user) == 0)
			return true;
	return false;
}

void
users_warn(const char *dir)
{
	struct program_user	u;
	size_t			i;

	for (i = 0; geteuid() == 0 && i < program_count; i++)
		if (!users_told(i) && program_user(program_rows[i].user, dir,
		    &u, NULL) == 0 && u.instead)
			(void)fprintf(stderr, "mtactl: warning: there is no "
			    "user %s, the user \"%s\" takes its place "
			    "(INSTALL, 4)\n",
			    program_rows[i].user, u.name);
}
