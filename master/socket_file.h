/*
 * socket_file - the file by which a Unix socket is found
 *
 * Anybody with rights in the directory may remove or replace it; the socket
 * goes on, and nobody reaches it.
 */
#ifndef MASTER_SOCKET_FILE_H
#define MASTER_SOCKET_FILE_H

#include <stdbool.h>
#include <sys/types.h>

struct socket_file {
	dev_t	dev;
	ino_t	ino;
};

/* Just bound to path: 0, or -1 with errno. */
int	socket_file_note(struct socket_file *f, const char *path);
/* Is what stands at path still the file that was noted? */
bool	socket_file_there(const struct socket_file *f, const char *path);
/* Removes it, unless another one took its place. */
void	socket_file_remove(const struct socket_file *f, const char *path);

#endif
