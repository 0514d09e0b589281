/*
 * Device, inode, size and time of the last change: no file is read for it.
 */
#include <errno.h>

#include "identity.h"

struct identity
identity_of(const struct stat *st)
{
	return (struct identity){ .device = (uint64_t)st->st_dev,
	    .inode = (uint64_t)st->st_ino, .size = (uint64_t)st->st_size,
	    .mtime_s = (int64_t)st->st_mtim.tv_sec,
	    .mtime_ns = (int64_t)st->st_mtim.tv_nsec };
}

struct identity
identity_take(const char *path)
{
	struct stat	st;

	if (stat(path, &st) == -1)
		return (struct identity){ .error = errno };
	return identity_of(&st);
}

bool
identity_equal(const struct identity *a, const struct identity *b)
{
	return a->device == b->device && a->inode == b->inode &&
	    a->size == b->size && a->mtime_s == b->mtime_s &&
	    a->mtime_ns == b->mtime_ns && a->error == b->error;
}
