/*
 * disk_fake_private - what a disk in memory is made of
 *
 * An inode has two contents: what reads give (memory) and what a power cut
 * leaves (the medium), and a mark for each sector that differs since a write.
 * The folders are two tables of names, and the list of changes by which the
 * one that is seen differs from the one on the medium; a power cut takes over
 * a front of that list, as a file system with a journal does.
 */
#ifndef SPOOL_DISK_FAKE_PRIVATE_H
#define SPOOL_DISK_FAKE_PRIVATE_H

#include <stddef.h>

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

struct disk_fake *fake_of(struct disk *d);

/* ---- disk_fake_state.c -------------------------------------------------- */
void	fake_unref(struct fake_inode *i);
void	fake_grow(struct fake_inode *i, size_t size);
struct fake_name *fake_find(struct fake_names *names, const char *name);
/* inode NULL: the name goes. */
void	fake_set(struct fake_names *names, const char *name,
	    struct fake_inode *inode);
void	fake_change(struct disk_fake *d, const char *from, const char *to,
	    struct fake_inode *inode);
/* The first n changes reach the medium. */
void	fake_settle(struct disk_fake *d, size_t n);
/* Counts a call: the fault that it meets. */
enum disk_fault	fake_call(struct disk_fake *d);
/* For calls that know no fault of their own: 0, or -1 with errno. */
int	fake_plain(struct disk_fake *d);
/* How many of a hundred dirty sectors reach the medium: all, none, some. */
unsigned int fake_share(struct disk *d);
void	fake_write_back(struct disk *d, struct fake_inode *i,
	    unsigned int share);
void	fake_reread(struct fake_inode *i);

#endif
