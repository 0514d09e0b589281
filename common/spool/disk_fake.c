/*
 * A disk in memory.
 *
 * An inode has two contents: what reads give (memory) and what a power cut
 * leaves (the medium), and a mark for each sector that differs since a write.
 * The folders are two tables of names, and the list of changes by which the
 * one that is seen differs from the one on the medium; a power cut takes over
 * a front of that list, as a file system with a journal does.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "disk_fake.h"

#define FAKE_SECTOR	512

struct fake_inode {
	unsigned char	*memory;
	unsigned char	*medium;
	unsigned char	*dirty;		/* a byte a sector */
	size_t		 size, medium_size, cap;
	struct disk_file *locked_by;
	unsigned int	 refs;		/* names, changes and open files */
};

struct fake_name {
	char		  name[DISK_NAME_MAX];
	struct fake_inode *inode;
};

struct fake_names {
	struct fake_name *at;
	size_t		  count, cap;
};

/* "to" comes to be inode (NULL: goes), and "from" goes, if it is a name. */
struct fake_change {
	char		  from[DISK_NAME_MAX];
	char		  to[DISK_NAME_MAX];
	struct fake_inode *inode;
};

struct disk_fake {
	struct disk	 disk;
	struct fake_names seen, medium;
	struct fake_change *changes;
	size_t		 change_count, change_cap;
	uint64_t	 random[2];
	uint64_t	 calls, fault_at;
	enum disk_fault	 fault;
	bool		 dead, full;
};

struct fake_file {
	struct disk_file  file;
	struct fake_inode *inode;
	bool		  writable;
};

static struct disk_fake *
fake_of(struct disk *d)
{
	return (struct disk_fake *)d;
}

static struct fake_inode *
fake_inode_of(struct disk_file *f)
{
	return ((struct fake_file *)f)->inode;
}

/* xorshift128+, which is good enough and the same everywhere. */
uint64_t
disk_fake_random(struct disk *disk, uint64_t below)
{
	struct disk_fake	*d = fake_of(disk);
	uint64_t		 a = d->random[0], b = d->random[1];

	d->random[0] = b;
	a ^= a << 23;
	d->random[1] = a ^ b ^ a >> 17 ^ b >> 26;
	return below == 0 ? 0 : (d->random[1] + b) % below;
}

/* ---- Inodes and names --------------------------------------------- */

static void
fake_unref(struct fake_inode *i)
{
	if (i == NULL || --i->refs > 0)
		return;
	free(i->memory);
	free(i->medium);
	free(i->dirty);
	free(i);
}

static void
fake_grow(struct fake_inode *i, size_t size)
{
	size_t	cap = i->cap == 0 ? 4096 : i->cap, old = i->cap;

	if (size <= i->cap)
		return;
	while (cap < size)
		cap *= 2;
	i->memory = xrealloc(i->memory, cap);
	i->medium = xrealloc(i->medium, cap);
	i->dirty = xrealloc(i->dirty, cap / FAKE_SECTOR);
	memset(i->memory + old, 0, cap - old);
	memset(i->medium + old, 0, cap - old);
	memset(i->dirty + old / FAKE_SECTOR, 0, (cap - old) / FAKE_SECTOR);
	i->cap = cap;
}

static struct fake_name *
fake_find(struct fake_names *names, const char *name)
{
	size_t	i;

	for (i = 0; i < names->count; i++) {
		if (strcmp(names->at[i].name, name) == 0)
			return &names->at[i];
	}
	return NULL;
}

/* inode NULL: the name goes. */
static void
fake_set(struct fake_names *names, const char *name, struct fake_inode *inode)
{
	struct fake_name	*n = fake_find(names, name);
	struct fake_inode	*old = n != NULL ? n->inode : NULL;

	if (inode != NULL)
		inode->refs++;
	if (n == NULL && inode != NULL) {
		if (names->count == names->cap) {
			names->cap = names->cap == 0 ? 16 : names->cap * 2;
			names->at = xreallocarray(names->at, names->cap,
			    sizeof *names->at);
		}
		n = &names->at[names->count++];
		(void)snprintf(n->name, sizeof n->name, "%s", name);
	}
	if (n != NULL)
		n->inode = inode;
	if (n != NULL && inode == NULL)
		*n = names->at[--names->count];
	fake_unref(old);
}

static void
fake_apply(struct fake_names *names, const struct fake_change *c)
{
	if (c->from[0] != '\0')
		fake_set(names, c->from, NULL);
	fake_set(names, c->to, c->inode);
}

static void
fake_change(struct disk_fake *d, const char *from, const char *to,
    struct fake_inode *inode)
{
	struct fake_change	*c;

	if (d->change_count == d->change_cap) {
		d->change_cap = d->change_cap == 0 ? 16 : d->change_cap * 2;
		d->changes = xreallocarray(d->changes, d->change_cap,
		    sizeof *d->changes);
	}
	c = &d->changes[d->change_count++];
	(void)snprintf(c->from, sizeof c->from, "%s", from);
	(void)snprintf(c->to, sizeof c->to, "%s", to);
	c->inode = inode;
	if (inode != NULL)
		inode->refs++;
	fake_apply(&d->seen, c);
}

/* The first n changes reach the medium. */
static void
fake_settle(struct disk_fake *d, size_t n)
{
	size_t	i;

	for (i = 0; i < n; i++) {
		fake_apply(&d->medium, &d->changes[i]);
		fake_unref(d->changes[i].inode);
	}
	d->change_count -= n;
	memmove(d->changes, d->changes + n, d->change_count *
	    sizeof *d->changes);
}

/* ---- Faults ------------------------------------------------------- */

/* Counts a call: the fault that it meets. */
static enum disk_fault
fake_call(struct disk_fake *d)
{
	enum disk_fault	fault = DISK_FAULT_NONE;

	if (d->dead)
		return DISK_FAULT_POWER;
	d->calls++;
	if (d->fault != DISK_FAULT_NONE && d->calls == d->fault_at) {
		fault = d->fault;
		d->fault = DISK_FAULT_NONE;
		d->dead = fault == DISK_FAULT_POWER;
		d->full = fault == DISK_FAULT_ENOSPC;
	}
	return fault;
}

/* For calls that know no fault of their own. */
static int
fake_plain(struct disk_fake *d)
{
	enum disk_fault	fault = fake_call(d);

	if (fault != DISK_FAULT_POWER && fault != DISK_FAULT_EIO)
		return 0;
	errno = EIO;
	return -1;
}

void
disk_fake_fault(struct disk *disk, enum disk_fault fault, uint64_t n)
{
	struct disk_fake	*d = fake_of(disk);

	d->fault = fault;
	d->fault_at = d->calls + n;
	d->full = false;
}

uint64_t
disk_fake_calls(const struct disk *d)
{
	return ((const struct disk_fake *)d)->calls;
}

bool
disk_fake_dead(const struct disk *d)
{
	return ((const struct disk_fake *)d)->dead;
}

/* How many of a hundred dirty sectors reach the medium: all, none, some. */
static unsigned int
fake_share(struct disk *d)
{
	static const unsigned int	shares[] = { 0, 10, 50, 90, 100 };

	return shares[disk_fake_random(d, 5)];
}

static void
fake_write_back(struct disk *d, struct fake_inode *i, unsigned int share)
{
	size_t	s, at, n;

	for (s = 0; s * FAKE_SECTOR < i->size; s++) {
		if (i->dirty[s] == 0)
			continue;
		i->dirty[s] = 0;
		if (disk_fake_random(d, 100) >= share)
			continue;
		at = s * FAKE_SECTOR;
		n = i->size - at < FAKE_SECTOR ? i->size - at : FAKE_SECTOR;
		memcpy(i->medium + at, i->memory + at, n);
		if (i->medium_size < at + n)
			i->medium_size = at + n;
	}
	if (share == 100)
		i->medium_size = i->size;
}

static void
fake_reread(struct fake_inode *i)
{
	size_t	s, at;

	for (s = 0, at = 0; at < i->cap; s++, at += FAKE_SECTOR) {
		if (i->dirty[s] == 0)
			memcpy(i->memory + at, i->medium + at, FAKE_SECTOR);
	}
}

void
disk_fake_power_cut(struct disk *disk)
{
	struct disk_fake	*d = fake_of(disk);
	struct fake_inode	*inode;
	size_t			 i;

	for (i = 0; i < d->seen.count; i++)
		fake_write_back(disk, d->seen.at[i].inode, fake_share(disk));
	fake_settle(d, disk_fake_random(disk, d->change_count + 1));
	while (d->change_count > 0)
		fake_unref(d->changes[--d->change_count].inode);
	while (d->seen.count > 0)
		fake_set(&d->seen, d->seen.at[0].name, NULL);
	for (i = 0; i < d->medium.count; i++) {
		inode = d->medium.at[i].inode;
		memset(inode->dirty, 0, inode->cap / FAKE_SECTOR);
		inode->size = inode->medium_size;
		memset(inode->medium + inode->size, 0, inode->cap -
		    inode->size);
		memcpy(inode->memory, inode->medium, inode->cap);
		fake_set(&d->seen, d->medium.at[i].name, inode);
	}
	disk_fake_kill(disk);
	d->fault = DISK_FAULT_NONE;
	d->full = d->dead = false;
}

void
disk_fake_kill(struct disk *disk)
{
	struct disk_fake	*d = fake_of(disk);
	size_t			 i;

	for (i = 0; i < d->seen.count; i++)
		d->seen.at[i].inode->locked_by = NULL;
}

int
disk_fake_damage(struct disk *disk, const char *name, uint64_t at,
    uint64_t len)
{
	struct fake_name	*n = fake_find(&fake_of(disk)->seen, name);
	uint64_t		 i;

	if (n == NULL || at + len > n->inode->size)
		return -1;
	for (i = at; i < at + len; i++) {
		n->inode->memory[i] ^= 0x5a;
		n->inode->medium[i] = n->inode->memory[i];
	}
	return 0;
}

/* ---- The calls of disk.h ------------------------------------------ */

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
		.size = fake_size, .lock = fake_lock, .rename = fake_rename,
		.unlink = fake_unlink, .make_dir = fake_make_dir,
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
