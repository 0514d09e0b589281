/*
 * disk - the few things that a spool does to a disk
 *
 * All of the spool's files are reached through this, so that the same code
 * runs over a real directory (disk_real.h) and over one that loses, reorders
 * and tears what was not synced (disk_fake.h).  Names are relative to the
 * spool's directory: "segments/000000000000001a".
 *
 * Ownership  disk_open() gives a file, disk_close() takes it and clears the
 *            pointer.
 * Failure    0, or -1 with errno as the system set it.  After disk_sync() has
 *            failed once, nothing that was written since the last good one is
 *            safe, though it may still read as if it were (see disk_reread()).
 * Process    blocks; no global state.
 */
#ifndef SPOOL_DISK_H
#define SPOOL_DISK_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct disk;
struct disk_file;

#define DISK_NAME_MAX	128

/* How a file is opened. */
#define DISK_READ	0
#define DISK_WRITE	1
#define DISK_CREATE	2	/* for writing, and it must not be there */

struct disk_space {
	uint64_t	bytes_free;
	uint64_t	bytes_all;
	uint64_t	inodes_free;	/* both 0: there is no limit */
	uint64_t	inodes_all;
};

typedef int	disk_list_fn(void *arg, const char *name);

struct disk_ops {
	int	(*open)(struct disk *d, const char *name, int how,
		    struct disk_file **f);
	void	(*close)(struct disk_file *f);
	ssize_t	(*read)(struct disk_file *f, void *p, size_t n,
		    uint64_t at);
	ssize_t	(*write)(struct disk_file *f, const struct iovec *iov, int n,
		    uint64_t at);
	int	(*sync)(struct disk_file *f);
	int	(*reread)(struct disk_file *f);
	int	(*fill)(struct disk_file *f, uint64_t at, uint64_t len);
	int	(*shrink)(struct disk_file *f, uint64_t size);
	int	(*size)(struct disk_file *f, uint64_t *size);
	int	(*lock)(struct disk_file *f);
	int	(*rename)(struct disk *d, const char *from, const char *to);
	int	(*unlink)(struct disk *d, const char *name);
	int	(*make_dir)(struct disk *d, const char *name);
	int	(*sync_dir)(struct disk *d, const char *name);
	int	(*list)(struct disk *d, const char *dir, disk_list_fn *fn,
		    void *arg);
	int	(*space)(struct disk *d, struct disk_space *space);
	void	(*free)(struct disk *d);
};

/* What both kinds begin with. */
struct disk {
	const struct disk_ops	*ops;
};

struct disk_file {
	struct disk		*disk;
};

void	disk_free(struct disk **d);

int	disk_open(struct disk *d, const char *name, int how,
	    struct disk_file **f);
void	disk_close(struct disk_file **f);
/* Bytes read: fewer than n only where the file ends. */
ssize_t	disk_read(struct disk_file *f, void *p, size_t n, uint64_t at);
/* All of it, through short writes; iov is used up. */
int	disk_write(struct disk_file *f, struct iovec *iov, int n, uint64_t at);
int	disk_write_bytes(struct disk_file *f, const void *p, size_t n,
	    uint64_t at);
int	disk_sync(struct disk_file *f);
/*
 * From now on the file reads as what the medium holds.  A page whose write
 * has failed stays in memory as if it had succeeded: whoever must know what
 * is durable, and did not see every sync succeed, calls this after a sync.
 */
int	disk_reread(struct disk_file *f);
/* Zeros, so that a later sync has no new blocks to note.  Not yet synced. */
int	disk_fill(struct disk_file *f, uint64_t at, uint64_t len);
/* A file that is longer ends there, and gives back its room. */
int	disk_shrink(struct disk_file *f, uint64_t size);
int	disk_size(struct disk_file *f, uint64_t *size);
/* For as long as the file is open; EAGAIN: another process has it. */
int	disk_lock(struct disk_file *f);
/* Opens the file of that name, made if it is not there, and locks it: -1 with
 * *e, which says `taken` where another process has it. */
int	disk_lock_name(struct disk *d, const char *name, const char *taken,
	    struct disk_file **f, struct err *e);
int	disk_rename(struct disk *d, const char *from, const char *to);
int	disk_unlink(struct disk *d, const char *name);
int	disk_make_dir(struct disk *d, const char *name);
int	disk_sync_dir(struct disk *d, const char *name);
/* fn() is given the names in dir, in no order, and ends the list by -1. */
int	disk_list(struct disk *d, const char *dir, disk_list_fn *fn,
	    void *arg);
int	disk_space(struct disk *d, struct disk_space *space);

#endif
