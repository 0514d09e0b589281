/*
 * direct - zeros written past the cache
 *
 * A file that is filled so has its blocks on the disk, and none of them in
 * memory: later writes into it change no metadata, and their sync is one
 * write of the disk.
 *
 * Failure  0, or -1 with errno.  Where the file system knows no such writes
 *          they go through the cache.
 */
#ifndef COMPAT_DIRECT_H
#define COMPAT_DIRECT_H

#include <stdint.h>

/* at and len: multiples of 4096. */
int	direct_zeros(int fd, uint64_t at, uint64_t len);

#endif
