/*
 * Linux: openat2(RESOLVE_BENEATH).  FreeBSD: O_RESOLVE_BENEATH.  Otherwise
 * one directory after the other, none of them a link.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/openat2.h>
#include <sys/syscall.h>
#endif

#include "beneath.h"

/* The next part of *path to `part`; *path is NULL after the last. */
static int
beneath_part(const char **path, char part[NAME_MAX + 1])
{
	const char	*slash = strchr(*path, '/');
	size_t		 len = slash != NULL ? (size_t)(slash - *path) :
			    strlen(*path);

	if (len > NAME_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(part, *path, len);
	part[len] = '\0';
	*path = slash != NULL ? slash + 1 : NULL;
	if (strcmp(part, "..") != 0)
		return 0;
	errno = EXDEV;
	return -1;
}

static int
beneath_walk(int dir, const char *path, int flags)
{
	char	part[NAME_MAX + 1];
	int	at = dir, fd = -1, how;

	if (path[0] == '/') {
		errno = EXDEV;
		return -1;
	}
	do {
		if (beneath_part(&path, part) == -1) {
			fd = -1;
			break;
		}
		how = path != NULL ? O_RDONLY | O_DIRECTORY : flags;
		fd = openat(at, part[0] != '\0' ? part : ".",
		    how | O_NOFOLLOW | O_CLOEXEC);
		if (at != dir)
			(void)close(at);
		at = fd;
	} while (fd != -1 && path != NULL);
	if (fd == -1 && at != dir && at != -1)
		(void)close(at);
	return fd;
}

int
open_beneath(int dir, const char *path, int flags)
{
#ifdef __linux__
	struct open_how	how = { .flags = (unsigned int)flags | O_CLOEXEC,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int		fd;

	fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
	if (fd != -1 || errno != ENOSYS)
		return fd;
#elif defined(O_RESOLVE_BENEATH)
	return openat(dir, path, flags | O_CLOEXEC | O_RESOLVE_BENEATH);
#endif
	return beneath_walk(dir, path, flags);
}
