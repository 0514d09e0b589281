/*
 * spare - segments' files that are made before they are needed
 *
 * A file whose blocks are there already is synced by one write of the disk.
 * Spares lie in a folder of their own, by number; what a segment that was
 * emptied leaves becomes one, too (spare_give()), and is found when one is to
 * be made.  The journal has its own.
 *
 * Ownership  the disk is borrowed, and so is the name of the folder.
 * Failure    0, or -1 with errno.
 * Process    blocks for the time of one piece.
 */
#ifndef SPOOL_SPARE_H
#define SPOOL_SPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "disk.h"

#define SPARE_PIECE	(256U << 10)
#define SPARE_MAX	8
#define SPARE_GIVEN	4	/* no more are given than make so many */

struct spares {
	struct disk	 *disk;
	const char	 *dir;		/* a constant */
	uint64_t	  size;		/* of each */
	uint64_t	  ready[SPARE_MAX];	/* their numbers */
	int		  count;
	uint64_t	  last;		/* the greatest number */
	uint64_t	  again;	/* taken that were given */
	struct disk_file *making;
	uint64_t	  filled;	/* of the one that is made */
};

/* Finds those that are there; one that was not finished is removed, and so is
 * one of another size. */
int	spares_open(struct spares *s, struct disk *disk, const char *dir,
	    uint64_t size);
void	spares_close(struct spares *s);
/* 1: there is more to do; 0: `want` are ready; -1. */
int	spares_prepare(struct spares *s, int want);
/* A spare becomes the file of that name: 0; 1: there is none; -1.  The folders
 * are not synced. */
int	spares_take(struct spares *s, const char *name);

/*
 * For who removes files, another process perhaps: the file dir/name becomes a
 * spare of the folder `spares`, if there are not enough.  0: it is gone from
 * its folder, durably; 1: it is where it was; -1: it is where it was, or gone.
 */
int	spare_give(struct disk *disk, const char *spares, const char *dir,
	    const char *name, uint64_t number);

#endif
