/*
 * disk_fake - a disk in memory that keeps only what it must
 *
 * What was written and not synced is, after disk_fake_power_cut(), there or
 * not sector by sector, in any order; names that were made, moved or removed
 * and not synced are there up to some point of their order.  All by a seed,
 * so that what was seen once can be seen again.
 *
 * Ownership  a struct disk; disk_free() gives it back.
 * Process    pure.
 */
#ifndef SPOOL_DISK_FAKE_H
#define SPOOL_DISK_FAKE_H

#include "disk.h"

enum disk_fault {
	DISK_FAULT_NONE,
	DISK_FAULT_POWER,	/* the machine stops: nothing works any more */
	DISK_FAULT_EIO,		/* one call fails; after a sync that did, what
				 * was dirty reads well and may not be there */
	DISK_FAULT_ENOSPC,	/* writes that need room fail, until mended */
	DISK_FAULT_SHORT,	/* one write takes a part only */
	DISK_FAULTS
};

struct disk	*disk_fake_new(uint64_t seed);
/* At the n-th call from now, 1 the next one; NONE mends the disk. */
void		 disk_fake_fault(struct disk *d, enum disk_fault fault,
		    uint64_t n);
uint64_t	 disk_fake_calls(const struct disk *d);
/* Files that are open belong to the dead; they may still be closed. */
void		 disk_fake_power_cut(struct disk *d);
bool		 disk_fake_dead(const struct disk *d);	/* POWER was met */
/* As if the process had been killed: nothing is lost but locks. */
void		 disk_fake_kill(struct disk *d);
/* Turns bytes of the file over, on the medium too: 0; -1: no such byte. */
int		 disk_fake_damage(struct disk *d, const char *name,
		    uint64_t at, uint64_t len);
uint64_t	 disk_fake_random(struct disk *d, uint64_t below);

#endif
