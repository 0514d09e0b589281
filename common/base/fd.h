/*
 * fd - descriptors
 *
 * Failure    0 (or the descriptor), or -1 with errno as the system set it.
 */
#ifndef BASE_FD_H
#define BASE_FD_H

#include <stdbool.h>
#include <stddef.h>

int	fd_nonblock(int fd);
int	fd_cloexec(int fd, bool on);
/* All of it, through short writes and signals. */
int	fd_write_full(int fd, const void *p, size_t n);
/*
 * Waits a moment for room to write.  After a wait in vain there is none for a
 * while: *shut_ms, 0 at first, says until when.
 */
bool	fd_room(int fd, int64_t *shut_ms);

#endif
