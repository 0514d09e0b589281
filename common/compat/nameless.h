/*
 * nameless - a file without a name
 *
 * The system frees it with its last descriptor, however the process ends.
 *
 * Failure    -1 with errno.
 */
#ifndef COMPAT_NAMELESS_H
#define COMPAT_NAMELESS_H

/* In the file system of the directory dir; read and write, close-on-exec. */
int	open_nameless(int dir);

#endif
