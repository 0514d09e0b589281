/*
 * local_user - who comes by a Unix socket, and what he may say of himself
 *
 * The kernel tells the user; sendmail_users says who may come at all, and
 * with sendmail_sender = own a message of anybody but root and trusted_users
 * has a sender that is its user's own address, and a Sender field that names
 * it.  Addresses are those of the users that the system knew when the worker
 * was started: LOGIN@mydomain and LOGIN@myhostname.
 *
 * Failure    local_users_load(): -1 after worker_refuse_value().
 * Process    load before the jail: the system's users are read.
 */
#ifndef SMTPD_LOCAL_USER_H
#define SMTPD_LOCAL_USER_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/buf.h"
#include "mime/strip.h"
#include "proc/user_list.h"

struct server;
struct session;
struct smtp_path;

struct local_user {
	uid_t	 uid;
	char	*name;
};

struct local_users {
	struct user_list	 welcome, trusted;
	struct local_user	*known;		/* by uid */
	size_t			 count;
};

int	local_users_load(struct server *srv);
/* May he come? */
bool	local_user_welcome(const struct server *srv, uid_t uid);
/* Is the session that of a user who may say only what is his own? */
bool	local_user_bound(const struct session *s);
/* The null sender is anybody's. */
bool	local_user_owns(const struct session *s, const struct smtp_path *p);
/* The Sender field of a message that says to be from somebody else; what its
 * own fields said was taken out by `fields` on the way. */
void	local_user_trace(const struct session *s,
	    const struct mime_strip *fields, struct buf *out);

#endif
