/*
 * A directory of this machine.  Everything is opened beneath its descriptor,
 * so that it works in a jail; new files are the owner's alone.
 */
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "compat/direct.h"
#include "disk_real.h"

struct disk_real {
	struct disk	 disk;
	int		 fd;
};

struct disk_real_file {
	struct disk_file file;
	int		 fd;
};

static struct disk_real *
disk_real_of(struct disk *d)
{
	return (struct disk_real *)d;
}

static int
disk_real_fd_of(struct disk_file *f)
{
	return ((struct disk_real_file *)f)->fd;
}

int
disk_real_fd(const struct disk_file *f)
{
	return ((const struct disk_real_file *)f)->fd;
}

static int
disk_real_open(struct disk *d, const char *name, int how,
    struct disk_file **out)
{
	static const int	 flags[] = {
		[DISK_READ] = O_RDONLY,
		[DISK_WRITE] = O_RDWR,
		[DISK_CREATE] = O_RDWR | O_CREAT | O_EXCL,
	};
	struct disk_real_file	*f;
	int			 fd;

	fd = openat(disk_real_of(d)->fd, name, flags[how] | O_CLOEXEC |
	    O_NOFOLLOW, 0600);
	if (fd == -1)
		return -1;
	f = xcalloc(1, sizeof *f);
	f->file.disk = d;
	f->fd = fd;
	*out = &f->file;
	return 0;
}

static void
disk_real_close(struct disk_file *f)
{
	(void)close(disk_real_fd_of(f));
	free(f);
}

static ssize_t
disk_real_read(struct disk_file *f, void *p, size_t n, uint64_t at)
{
	return pread(disk_real_fd_of(f), p, n, (off_t)at);
}

static ssize_t
disk_real_write(struct disk_file *f, const struct iovec *iov, int n,
    uint64_t at)
{
	const int	most = 1024;	/* IOV_MAX everywhere that counts */

	return pwritev(disk_real_fd_of(f), iov, n < most ? n : most,
	    (off_t)at);
}

static int
disk_real_sync(struct disk_file *f)
{
	return fdatasync(disk_real_fd_of(f));
}

static int
disk_real_reread(struct disk_file *f)
{
	int	rc = posix_fadvise(disk_real_fd_of(f), 0, 0,
	    POSIX_FADV_DONTNEED);

	if (rc != 0)
		errno = rc;
	return rc == 0 ? 0 : -1;
}

static int
disk_real_fill(struct disk_file *f, uint64_t at, uint64_t len)
{
	return direct_zeros(disk_real_fd_of(f), at, len);
}

static int
disk_real_shrink(struct disk_file *f, uint64_t size)
{
	return ftruncate(disk_real_fd_of(f), (off_t)size);
}

static int
disk_real_size(struct disk_file *f, uint64_t *size)
{
	struct stat	st;

	if (fstat(disk_real_fd_of(f), &st) == -1)
		return -1;
	*size = (uint64_t)st.st_size;
	return 0;
}

static int
disk_real_lock(struct disk_file *f)
{
	return flock(disk_real_fd_of(f), LOCK_EX | LOCK_NB);
}

static int
disk_real_rename(struct disk *d, const char *from, const char *to)
{
	int	fd = disk_real_of(d)->fd;

	return renameat(fd, from, fd, to);
}

static int
disk_real_unlink(struct disk *d, const char *name)
{
	return unlinkat(disk_real_of(d)->fd, name, 0);
}

static int
disk_real_make_dir(struct disk *d, const char *name)
{
	if (mkdirat(disk_real_of(d)->fd, name, 0700) == -1 &&
	    errno != EEXIST)
		return -1;
	return 0;
}

static int
disk_real_open_dir(struct disk *d, const char *name)
{
	return openat(disk_real_of(d)->fd, *name != '\0' ? name : ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

static int
disk_real_sync_dir(struct disk *d, const char *name)
{
	int	fd = disk_real_open_dir(d, name);
	int	rc, saved;

	if (fd == -1)
		return -1;
	rc = fsync(fd);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return rc;
}

static int
disk_real_list(struct disk *d, const char *dir, disk_list_fn *fn, void *arg)
{
	int		 fd = disk_real_open_dir(d, dir);
	DIR		*list;
	struct dirent	*entry;
	int		 rc = 0;

	if (fd == -1)
		return -1;
	if ((list = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	while (rc == 0 && (errno = 0, entry = readdir(list)) != NULL) {
		if (entry->d_name[0] != '.')
			rc = fn(arg, entry->d_name);
	}
	if (rc == 0 && errno != 0)
		rc = -1;
	(void)closedir(list);
	return rc;
}

static int
disk_real_space(struct disk *d, struct disk_space *space)
{
	struct statvfs	st;

	if (fstatvfs(disk_real_of(d)->fd, &st) == -1)
		return -1;
	space->bytes_free = (uint64_t)st.f_bavail * st.f_frsize;
	space->bytes_all = (uint64_t)st.f_blocks * st.f_frsize;
	space->inodes_free = (uint64_t)st.f_favail;
	space->inodes_all = (uint64_t)st.f_files;
	return 0;
}

static void
disk_real_free(struct disk *d)
{
	(void)close(disk_real_of(d)->fd);
	free(d);
}

static const struct disk_ops	disk_real_ops = {
	.open = disk_real_open, .close = disk_real_close,
	.read = disk_real_read, .write = disk_real_write,
	.sync = disk_real_sync, .reread = disk_real_reread,
	.fill = disk_real_fill, .shrink = disk_real_shrink,
	.size = disk_real_size,
	.lock = disk_real_lock, .rename = disk_real_rename,
	.unlink = disk_real_unlink, .make_dir = disk_real_make_dir,
	.sync_dir = disk_real_sync_dir, .list = disk_real_list,
	.space = disk_real_space, .free = disk_real_free,
};

/* Its disk has no directory. */
struct disk_file *
disk_real_take(int fd)
{
	static struct disk_real	 nowhere = { { &disk_real_ops }, -1 };
	struct disk_real_file	*f = xcalloc(1, sizeof *f);

	f->file.disk = &nowhere.disk;
	f->fd = fd;
	return &f->file;
}

struct disk *
disk_real_new(int dir_fd)
{
	struct disk_real	*d = xcalloc(1, sizeof *d);

	d->disk.ops = &disk_real_ops;
	d->fd = dir_fd;
	return &d->disk;
}
