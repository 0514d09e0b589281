/*
 * fdpass - bytes and at most one descriptor over a Unix socket
 *
 * Failure    as send() and recv(): -1 with errno.  A surplus descriptor that
 *            a peer sends is closed at once.
 */
#ifndef IPC_FDPASS_H
#define IPC_FDPASS_H

#include <stddef.h>
#include <sys/types.h>

ssize_t	fdpass_send(int sock, const void *p, size_t n, int fd);
ssize_t	fdpass_recv(int sock, void *p, size_t cap, int *fd);

#endif
