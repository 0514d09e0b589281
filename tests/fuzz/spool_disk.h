/*
 * spool_disk - a small spool on a fake disk, for targets to put files into
 *
 * While this is linked every checksum is 0, in what is written and in what is
 * read: so an input reaches what lies behind them.
 *
 * Ownership  spool_disk_new() gives a disk, disk_free() takes it.
 */
#ifndef TESTS_FUZZ_SPOOL_DISK_H
#define TESTS_FUZZ_SPOOL_DISK_H

#include "base/str.h"
#include "spool/disk.h"

#define SPOOL_DISK_SEGMENT	(64U << 10)

/* With a segment of some transactions if `filled`. */
struct disk	*spool_disk_new(bool filled);
void		 spool_disk_put(struct disk *d, const char *name,
		    struct str head, struct str rest);
/* A writer, then a book use it; whatever they meet, they may not break it:
 * what opened once opens again. */
void		 spool_disk_use(struct disk *d);

#endif
