/*
 * identity - has a file changed since it was read?
 *
 * What was taken before the file was read differs from what is there now if
 * the file was written or replaced in between.
 *
 * Failure    none: a file that can't be looked at has an identity, too.
 */
#ifndef MASTER_IDENTITY_H
#define MASTER_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct identity {
	uint64_t	device, inode, size;
	int64_t		mtime_s;
	int64_t		mtime_ns;
	int		error;		/* errno, and all else 0 */
};

struct identity	identity_of(const struct stat *st);
struct identity	identity_take(const char *path);
bool		identity_equal(const struct identity *a,
		    const struct identity *b);

#endif
