/*
 * beneath - open() that can't leave a directory
 *
 * No "..", no absolute path and no link leads out of it.  Where the system
 * has no such call, links are not followed at all.
 *
 * Failure    -1 with errno: ELOOP or EXDEV when the path leads out.
 */
#ifndef COMPAT_BENEATH_H
#define COMPAT_BENEATH_H

/* flags without O_CREAT; the descriptor is close-on-exec. */
int	open_beneath(int dir, const char *path, int flags);

#endif
