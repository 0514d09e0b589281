/*
 * nonlocal - a socket may be bound to an address that is not the system's
 *
 * Failure    0, or -1 with errno; ENOTSUP where there is no such thing.
 */
#ifndef COMPAT_NONLOCAL_H
#define COMPAT_NONLOCAL_H

int	socket_nonlocal(int fd, int family);

#endif
