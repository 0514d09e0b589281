/*
 * peer - what the kernel knows of the other end of a connection, now
 *
 * Nothing is read.  Where a system can't tell a half-closed connection from
 * an open one without reading, it is called open.
 */
#ifndef COMPAT_PEER_H
#define COMPAT_PEER_H

#include <sys/types.h>

#include <stdbool.h>

enum peer_state {
	PEER_OPEN,		/* and nothing waits to be read */
	PEER_UNREAD,		/* open, and something does, or may */
	PEER_HALF_CLOSED,	/* FIN came: it sends no more */
	PEER_GONE		/* RST, or closed both ways */
};

enum peer_state	peer_state(int fd);
/* The user at the other end of a Unix socket: 0, or -1. */
int		peer_uid(int fd, uid_t *uid);
/* Whether it is of this group, be it its first one or another: false also
 * where the system does not tell. */
bool		peer_in_group(int fd, gid_t group);
/* And the process that connected: 0, or -1.  *pid is 0 where the system does
 * not tell. */
int		peer_process(int fd, uid_t *uid, pid_t *pid);

#endif
