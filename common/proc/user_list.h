/*
 * user_list - the system's users that a parameter names
 *
 * Names or numbers divided by blanks, or "static:anyone" for all.  root is
 * not among them unless it is named: where root may all, the caller says so.
 *
 * Ownership  the caller's storage, zeroed to start; user_list_fini() ends it.
 * Failure    user_list_load(): -1 with *e, when there is no such user.
 * Process    load before the jail: the system's users are read.
 */
#ifndef PROC_USER_LIST_H
#define PROC_USER_LIST_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct user_list {
	bool	 anyone;
	uid_t	*uid;
	size_t	 count;
};

int	user_list_load(struct user_list *l, const char *text, struct err *e);
void	user_list_fini(struct user_list *l);
bool	user_list_has(const struct user_list *l, uid_t uid);

#endif
