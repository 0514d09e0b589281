/*
 * programs.def is expanded into a table.  A worker's user is the one of its
 * row, or, where the system has none of that name, one that stands in for it.
 */
#include <sys/stat.h>

#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "compat/sandbox.h"

#include "programs.h"

/* Words of two columns. */
enum { RENEWED, SINGLE };
enum { RUN, SPOOL, QUIET };

const struct program_row	program_rows[] = {
#define PROGRAM(id, name, most, processes, reload, turn, user, root,	\
    promises, help)							\
	{ name, most, processes, (reload) == SINGLE, turn, user,	\
	    (root) == SPOOL, (root) == QUIET, promises },
#include "conf/programs.def"
#undef PROGRAM
};

const size_t	program_count = sizeof program_rows / sizeof program_rows[0];

const struct program_row *
program_find(const char *name)
{
	size_t	i;

	for (i = 0; i < program_count; i++)
		if (strcmp(program_rows[i].name, name) == 0)
			return &program_rows[i];
	return NULL;
}

static bool
program_user_take(const struct passwd *pw, struct program_user *u)
{
	if (pw == NULL || pw->pw_uid == 0)
		return false;
	u->uid = pw->pw_uid;
	u->gid = pw->pw_gid;
	(void)strlcpy(u->name, pw->pw_name, sizeof u->name);
	return true;
}

/* Takes the owner of the directory, also if that user has no name. */
static bool
program_user_owner(const char *directory, struct program_user *u)
{
	struct stat	st;

	if (stat(directory, &st) == -1 || st.st_uid == 0)
		return false;
	if (program_user_take(getpwuid(st.st_uid), u))
		return true;
	u->uid = st.st_uid;
	u->gid = st.st_gid;
	(void)snprintf(u->name, sizeof u->name, "%lu",
	    (unsigned long)st.st_uid);
	return true;
}

int
program_user(const char *user, const char *directory, struct program_user *u,
    struct err *e)
{
	u->instead = false;
	if (program_user_take(getpwnam(user), u))
		return 0;
	u->instead = true;
	if (program_user_owner(directory, u) ||
	    program_user_take(getpwnam("nobody"), u))
		return 0;
	return err_set(e, "no user %s, and no nobody either", user);
}
