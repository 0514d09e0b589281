/*
 * access - what mtactl may do, by who runs it
 *
 * ADMIN	root and the user of the instance
 * OPERATE	who is in control_operate_group
 * VIEW		who is in control_view_group
 * OWNER	one of mailq_users: what he has in the queue himself
 *
 * and nobody else; nor a worker's user, whatever its groups: a worker that was
 * taken over asks for nothing here.
 *
 * Ownership  the caller's storage; nothing to end.
 * Failure    access_load(): -1 with *e and the parameter that is wrong.
 * Process    load before the jail: the system's users and groups are read.
 */
#ifndef PROC_ACCESS_H
#define PROC_ACCESS_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"
#include "conf/params.h"
#include "ipc/ipc.h"
#include "proc/user_list.h"

#define ACCESS_WORKERS	16	/* users of programs.def */

struct access {
	uid_t	owner;
	gid_t	view;
	gid_t	operate;
	bool	has_view;
	bool	has_operate;
	uid_t	worker[ACCESS_WORKERS];
	int	workers;
};

int		 access_load(struct access *a, const struct params *p,
		    const char *directory, const char **parameter,
		    struct err *e);
/* Of the peer of a Unix socket; IPC_NOBODY: close it. */
enum ipc_role	 access_role(const struct access *a, int fd);
/* The same where owners may ask, too: IPC_OWNER. */
enum ipc_role	 access_queue_role(const struct access *a,
		    const struct user_list *owners, int fd);
/* Lets those of the groups reach the socket's file, and else its owner. */
int		 access_open(const struct access *a, const char *path);
/* Workers of deliver connect to the queue's socket, too: all may where anybody
 * but the owner may ask, and are looked at when they do. */
int		 access_queue_open(const struct access *a,
		    const struct user_list *owners, const char *path);

#endif
