/*
 * O_TMPFILE where the file system has it; elsewhere a file that loses its name
 * as soon as it is made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "nameless.h"

/* Where it can't be made without a name, it loses it at once. */
static int
open_unlinked(int dir)
{
	char	name[32];
	int	fd;

	(void)snprintf(name, sizeof name, "halyard.%08x%08x", arc4random(),
	    arc4random());
	fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd != -1 && unlinkat(dir, name, 0) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

int
open_nameless(int dir)
{
#ifdef O_TMPFILE
	int	fd = openat(dir, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);

	if (fd != -1 || (errno != EOPNOTSUPP && errno != EISDIR &&
	    errno != EINVAL))
		return fd;
#endif
	return open_unlinked(dir);
}
