/*
 * lent - segments of the spool that qmgr lends to read from
 *
 * Ownership  the table's; one that is closed lives as long as a job reads
 *            from it.
 * Failure    lent_add(), lent_close(): -1, no honest qmgr says so.
 * Process    holds a descriptor for each, at most JOB_SEGMENTS_MAX and those
 *            that jobs still read from.
 */
#ifndef DELIVER_LENT_H
#define DELIVER_LENT_H

#include "base/hmap.h"
#include "spool/disk.h"

struct lent {
	struct hmap_entry	 entry;		/* first */
	uint64_t		 segment;
	struct disk_file	*file;
	uint32_t		 jobs;
	bool			 closed;
};

void		 lents_init(void);
void		 lents_fini(void);		/* there must be no jobs */
int		 lent_add(uint64_t segment, int fd);	/* takes fd */
int		 lent_close(uint64_t segment);
void		 lents_close_all(void);
/* For a job; NULL: there is none. */
struct lent	*lent_take(uint64_t segment);
void		 lent_give(struct lent **l);

#endif
