/*
 * The file is opened, locked, and then looked at again by its path: another
 * process may have removed it in between, and then all is tried anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fd.h"
#include "pid_file.h"

#define TRIES	100

/* Is what we have open still what stands at path? */
static bool
pid_file_same(int fd, const char *path)
{
	struct stat	ours, there;

	return fstat(fd, &ours) == 0 && lstat(path, &there) == 0 &&
	    ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* -2: another one removed the file between our open() and our lock. */
static int
pid_file_try(const char *path, struct err *e)
{
	int	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0644);

	if (fd == -1)
		return err_errno(e, "%s", path);
	if (lockf(fd, F_TLOCK, 0) == -1) {
		(void)close(fd);
		return err_set(e, "%s: Halyard runs already here", path);
	}
	if (pid_file_same(fd, path))
		return fd;
	(void)close(fd);
	return -2;
}

static int
pid_file_write(int fd)
{
	char	text[32];

	(void)snprintf(text, sizeof text, "%ld\n", (long)getpid());
	return ftruncate(fd, 0) == -1 ? -1 :
	    fd_write_full(fd, text, strlen(text));
}

int
pid_file_take(const char *path, struct err *e)
{
	int	fd, tries = 0;

	do
		fd = pid_file_try(path, e);
	while (fd == -2 && ++tries < TRIES);
	if (fd == -2)
		return err_set(e, "%s: it does not stay", path);
	if (fd != -1 && pid_file_write(fd) == -1) {
		(void)err_errno(e, "%s", path);
		(void)close(fd);
		return -1;
	}
	return fd;
}

void
pid_file_give(int fd, const char *path)
{
	if (pid_file_same(fd, path))
		(void)unlink(path);
	(void)close(fd);
}

pid_t
pid_file_holder(const char *path)
{
	struct flock	l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd == -1)
		return 0;
	if (fcntl(fd, F_GETLK, &l) == -1)
		l.l_type = F_UNLCK;
	(void)close(fd);
	return l.l_type == F_UNLCK ? 0 : l.l_pid;
}
