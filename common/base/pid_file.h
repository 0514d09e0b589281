/*
 * pid_file - the file that says who runs an instance
 *
 * The lock on it is what makes a second one impossible; the number in it is
 * for people and for scripts.  A file without a lock is of one that died.
 *
 * Ownership  pid_file_take() gives the descriptor, which holds the lock until
 *            pid_file_give() or the process's end.
 * Failure    -1 with *e.
 */
#ifndef BASE_PID_FILE_H
#define BASE_PID_FILE_H

#include <sys/types.h>

#include "err.h"

/* Takes the lock and writes our pid. */
int	pid_file_take(const char *path, struct err *e);
/* Removes the file, then lets go of the lock. */
void	pid_file_give(int fd, const char *path);
/* Who holds the lock, or 0. */
pid_t	pid_file_holder(const char *path);

#endif
