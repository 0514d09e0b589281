/*
 * Only a regular file is read, and only as far as the limit: a device or a
 * pipe in its place would be read for ever.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "file.h"

static int
file_read_fd(int fd, const char *path, size_t limit, struct buf *out,
    struct err *e)
{
	struct stat	st;
	ssize_t		n;
	size_t		start = out->len;

	if (fstat(fd, &st) == -1)
		return err_errno(e, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, "%s: not a regular file", path);
	for (;;) {
		n = read(fd, buf_reserve(out, 65536), 65536);
		if (n == 0)
			return 0;
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_errno(e, "%s", path);
		buf_added(out, (size_t)n);
		if (out->len - start > limit)
			return err_set(e, "%s: larger than %zu KiB", path,
			    limit / 1024);
	}
}

int
file_read(const char *path, struct buf *out, struct err *e)
{
	return file_read_most(path, FILE_LIMIT, out, e);
}

int
file_read_most(const char *path, size_t limit, struct buf *out,
    struct err *e)
{
	int	fd, rc;

	/* O_NONBLOCK: a fifo in the place of a file must not hang us. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd == -1)
		return err_errno(e, "%s", path);
	rc = file_read_fd(fd, path, limit, out, e);
	(void)close(fd);
	return rc;
}
