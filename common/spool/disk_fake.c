/*
 * A disk in memory: the calls of disk.h.  What is behind them stands in
 * disk_fake_state.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disk_fake_private.h"

struct fake_file {
	struct disk_file  file;
	struct fake_inode *inode;
	bool		  writable;
};

static struct fake_inode *
fake_inode_of(struct disk_file *f)
{
	return ((struct fake_file *)f)->inode;
}

static int
fake_open(struct disk *disk, const char *name, int how,
    struct disk_file **out)
{
	struct disk_fake	*d = fake_of(disk);
	struct fake_name	*n = fake_find(&d->seen, name);
	struct fake_inode	*inode = n != NULL ? n->inode : NULL;
	struct fake_file	*f;

	if (fake_plain(d) == -1)
		return -1;
	if ((how == DISK_CREATE) == (inode != NULL)) {
		errno = inode != NULL ? EEXIST : ENOENT;
		return -1;
	}
	if (inode == NULL && d->full) {
		errno = ENOSPC;
		return -1;
	}
	if (inode == NULL) {
		inode = xcalloc(1, sizeof *inode);
		fake_grow(inode, 1);
		fake_change(d, "", name, inode);
	}
	f = xcalloc(1, sizeof *f);
	f->file.disk = disk;
	f->inode = inode;
	f->writable = how != DISK_READ;
	inode->refs++;
	*out = &f->file;
	return 0;
}

static void
fake_close(struct disk_file *f)
{
	struct fake_inode	*i = fake_inode_of(f);

	if (i->locked_by == f)
		i->locked_by = NULL;
	fake_unref(i);
	free(f);
}

static ssize_t
fake_read(struct disk_file *f, void *p, size_t n, uint64_t at)
{
	struct fake_inode	*i = fake_inode_of(f);

	if (fake_plain(fake_of(f->disk)) == -1)
		return -1;
	if (at >= i->size)
		return 0;
	if (n > i->size - at)
		n = i->size - at;
	memcpy(p, i->memory + at, n);
	return (ssize_t)n;
}

static void
fake_store(struct fake_inode *i, const void *p, size_t n, uint64_t at)
{
	size_t	s;

	if (n == 0)
		return;
	fake_grow(i, at + n);
	memcpy(i->memory + at, p, n);
	if (i->size < at + n)
		i->size = at + n;
	for (s = at / FAKE_SECTOR; s <= (at + n - 1) / FAKE_SECTOR; s++)
		i->dirty[s] = 1;
}

static ssize_t
fake_write(struct disk_file *f, const struct iovec *iov, int n, uint64_t at)
{
	struct disk_fake	*d = fake_of(f->disk);
	struct fake_inode	*inode = fake_inode_of(f);
	enum disk_fault		 fault = fake_call(d);
	size_t			 all = 0, most, len;
	ssize_t			 done = 0;
	int			 i;

	for (i = 0; i < n; i++)
		all += iov[i].iov_len;
	if (fault == DISK_FAULT_EIO || d->dead ||
	    !((struct fake_file *)f)->writable) {
		errno = EIO;
		return -1;
	}
	if (d->full && at + all > inode->size) {
		errno = ENOSPC;
		return -1;
	}
	most = fault == DISK_FAULT_SHORT ?
	    1 + disk_fake_random(f->disk, all) : all;
	for (i = 0; i < n && (size_t)done < most; i++) {
		len = iov[i].iov_len;
		if (len > most - (size_t)done)
			len = most - (size_t)done;
		fake_store(inode, iov[i].iov_base, len, at + (uint64_t)done);
		done += (ssize_t)len;
	}
	return done;
}

static int
fake_sync(struct disk_file *f)
{
	enum disk_fault	fault = fake_call(fake_of(f->disk));

	if (fault == DISK_FAULT_POWER) {
		errno = EIO;
		return -1;
	}
	if (fault == DISK_FAULT_EIO) {
		fake_write_back(f->disk, fake_inode_of(f),
		    fake_share(f->disk));
		errno = EIO;
		return -1;
	}
	fake_write_back(f->disk, fake_inode_of(f), 100);
	return 0;
}

static int
fake_reread_file(struct disk_file *f)
{
	if (fake_plain(fake_of(f->disk)) == -1)
		return -1;
	fake_reread(fake_inode_of(f));
	return 0;
}

static int
fake_fill(struct disk_file *f, uint64_t at, uint64_t len)
{
	static char	zeros[4096];
	uint64_t	n;

	for (; len > 0; at += n, len -= n) {
		n = len < sizeof zeros ? len : sizeof zeros;
		if (disk_write_bytes(f, zeros, n, at) == -1)
			return -1;
	}
	return 0;
}

/* It reaches the medium at once, or with the next sync. */
static int
fake_shrink(struct disk_file *f, uint64_t size)
{
	struct fake_inode	*i = fake_inode_of(f);

	if (fake_plain(fake_of(f->disk)) == -1)
		return -1;
	if (size >= i->size)
		return 0;
	memset(i->memory + size, 0, i->size - size);
	i->size = size;
	if (i->medium_size > size && disk_fake_random(f->disk, 2) == 0)
		i->medium_size = size;
	return 0;
}

static int
fake_size(struct disk_file *f, uint64_t *size)
{
	*size = fake_inode_of(f)->size;
	return fake_plain(fake_of(f->disk));
}

static int
fake_lock(struct disk_file *f)
{
	struct fake_inode	*i = fake_inode_of(f);

	if (fake_plain(fake_of(f->disk)) == -1)
		return -1;
	if (i->locked_by != NULL && i->locked_by != f) {
		errno = EAGAIN;
		return -1;
	}
	i->locked_by = f;
	return 0;
}

static int
fake_rename(struct disk *disk, const char *from, const char *to)
{
	struct disk_fake	*d = fake_of(disk);
	struct fake_name	*n = fake_find(&d->seen, from);

	if (fake_plain(d) == -1)
		return -1;
	if (n == NULL) {
		errno = ENOENT;
		return -1;
	}
	fake_change(d, from, to, n->inode);
	return 0;
}

static int
fake_unlink(struct disk *disk, const char *name)
{
	struct disk_fake	*d = fake_of(disk);

	if (fake_plain(d) == -1)
		return -1;
	if (fake_find(&d->seen, name) == NULL) {
		errno = ENOENT;
		return -1;
	}
	fake_change(d, "", name, NULL);
	return 0;
}

/* Folders are the fronts of names: there is nothing to make. */
static int
fake_make_dir(struct disk *disk, const char *name)
{
	(void)name;
	return fake_plain(fake_of(disk));
}

/* As a journal does, a sync of one folder takes along all changes of names
 * that came before. */
static int
fake_sync_dir(struct disk *disk, const char *name)
{
	struct disk_fake	*d = fake_of(disk);

	(void)name;
	if (fake_plain(d) == -1)
		return -1;
	fake_settle(d, d->change_count);
	return 0;
}

static int
fake_list(struct disk *disk, const char *dir, disk_list_fn *fn, void *arg)
{
	struct disk_fake	*d = fake_of(disk);
	size_t			 i, len = strlen(dir);
	const char		*name;

	if (fake_plain(d) == -1)
		return -1;
	for (i = 0; i < d->seen.count; i++) {
		name = d->seen.at[i].name;
		if (len > 0 && (strncmp(name, dir, len) != 0 ||
		    name[len] != '/'))
			continue;
		name += len > 0 ? len + 1 : 0;
		if (strchr(name, '/') == NULL && fn(arg, name) == -1)
			return -1;
	}
	return 0;
}

static int
fake_space(struct disk *disk, struct disk_space *space)
{
	struct disk_fake	*d = fake_of(disk);

	memset(space, 0, sizeof *space);
	space->bytes_all = 1ULL << 40;
	space->bytes_free = d->full ? 0 : 1ULL << 39;
	return fake_plain(d);
}

static void
fake_free(struct disk *disk)
{
	struct disk_fake	*d = fake_of(disk);

	while (d->change_count > 0)
		fake_unref(d->changes[--d->change_count].inode);
	while (d->seen.count > 0)
		fake_set(&d->seen, d->seen.at[0].name, NULL);
	while (d->medium.count > 0)
		fake_set(&d->medium, d->medium.at[0].name, NULL);
	free(d->changes);
	free(d->seen.at);
	free(d->medium.at);
	free(d);
}

struct disk *
disk_fake_new(uint64_t seed)
{
	static const struct disk_ops	 ops = {
		.open = fake_open, .close = fake_close, .read = fake_read,
		.write = fake_write, .sync = fake_sync,
		.reread = fake_reread_file, .fill = fake_fill,
		.shrink = fake_shrink, .size = fake_size, .lock = fake_lock,
		.rename = fake_rename, .unlink = fake_unlink,
		.make_dir = fake_make_dir,
		.sync_dir = fake_sync_dir, .list = fake_list,
		.space = fake_space, .free = fake_free,
	};
	struct disk_fake		*d = xcalloc(1, sizeof *d);
	int				 i;

	d->disk.ops = &ops;
	d->random[0] = seed ^ 0x9e3779b97f4a7c15ULL;
	d->random[1] = seed * 2 + 1;
	for (i = 0; i < 16; i++)
		(void)disk_fake_random(&d->disk, 0);
	return &d->disk;
}
