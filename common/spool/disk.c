/*
 * What both disks share: loops over short reads and writes.
 */
#include <errno.h>
#include <stddef.h>

#include "disk.h"

void
disk_free(struct disk **d)
{
	if (*d != NULL)
		(*d)->ops->free(*d);
	*d = NULL;
}

int
disk_open(struct disk *d, const char *name, int how, struct disk_file **f)
{
	*f = NULL;
	return d->ops->open(d, name, how, f);
}

void
disk_close(struct disk_file **f)
{
	if (*f != NULL)
		(*f)->disk->ops->close(*f);
	*f = NULL;
}

ssize_t
disk_read(struct disk_file *f, void *p, size_t n, uint64_t at)
{
	size_t	done = 0;
	ssize_t	got;

	while (done < n) {
		got = f->disk->ops->read(f, (char *)p + done, n - done,
		    at + done);
		if (got == -1 && errno == EINTR)
			continue;
		if (got == -1)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* The first n bytes are written: *iov and *left become what is not. */
static void
disk_advance(struct iovec **iov, int *left, size_t n)
{
	while (*left > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		(*left)--;
	}
	if (*left > 0) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

int
disk_write(struct disk_file *f, struct iovec *iov, int n, uint64_t at)
{
	ssize_t	done;

	disk_advance(&iov, &n, 0);	/* empty pieces at the front */
	while (n > 0) {
		done = f->disk->ops->write(f, iov, n, at);
		if (done == -1 && errno == EINTR)
			continue;
		if (done == -1)
			return -1;
		if (done == 0) {
			errno = ENOSPC;
			return -1;
		}
		at += (uint64_t)done;
		disk_advance(&iov, &n, (size_t)done);
	}
	return 0;
}

int
disk_write_bytes(struct disk_file *f, const void *p, size_t n, uint64_t at)
{
	struct iovec	iov;

	iov.iov_base = (void *)(uintptr_t)p;
	iov.iov_len = n;
	return disk_write(f, &iov, 1, at);
}

int
disk_sync(struct disk_file *f)
{
	return f->disk->ops->sync(f);
}

int
disk_reread(struct disk_file *f)
{
	return f->disk->ops->reread(f);
}

int
disk_fill(struct disk_file *f, uint64_t at, uint64_t len)
{
	return f->disk->ops->fill(f, at, len);
}

int
disk_shrink(struct disk_file *f, uint64_t size)
{
	return f->disk->ops->shrink(f, size);
}

int
disk_size(struct disk_file *f, uint64_t *size)
{
	return f->disk->ops->size(f, size);
}

int
disk_lock(struct disk_file *f)
{
	return f->disk->ops->lock(f);
}

int
disk_lock_name(struct disk *d, const char *name, const char *taken,
    struct disk_file **f, struct err *e)
{
	if (disk_open(d, name, DISK_WRITE, f) == -1 && (errno != ENOENT ||
	    disk_open(d, name, DISK_CREATE, f) == -1))
		return err_errno(e, "%s", name);
	if (disk_lock(*f) == -1)
		return errno == EAGAIN || errno == EWOULDBLOCK ?
		    err_set(e, "%s", taken) : err_errno(e, "lock %s", name);
	return 0;
}

int
disk_rename(struct disk *d, const char *from, const char *to)
{
	return d->ops->rename(d, from, to);
}

int
disk_unlink(struct disk *d, const char *name)
{
	return d->ops->unlink(d, name);
}

int
disk_make_dir(struct disk *d, const char *name)
{
	return d->ops->make_dir(d, name);
}

int
disk_sync_dir(struct disk *d, const char *name)
{
	return d->ops->sync_dir(d, name);
}

int
disk_list(struct disk *d, const char *dir, disk_list_fn *fn, void *arg)
{
	return d->ops->list(d, dir, fn, arg);
}

int
disk_space(struct disk *d, struct disk_space *space)
{
	return d->ops->space(d, space);
}
