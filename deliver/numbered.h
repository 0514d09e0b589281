/*
 * numbered - what qmgr names by numbers of its own: transports, routes, rows
 *
 * One row of numbers is for all kinds.  What is dropped lives as long as a job
 * has it.
 *
 * Ownership  the table's; `end` gives one back.  A thing is the first member
 *            of its struct.
 * Failure    numbered_add(), numbered_drop(): -1, no honest qmgr says so.
 * Process    no I/O.
 */
#ifndef DELIVER_NUMBERED_H
#define DELIVER_NUMBERED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hmap.h"

#define NUMBERED_MAX	262144

struct numbered {
	struct hmap_entry	 entry;		/* first */
	uint64_t		 number;
	/* Of which kind it is, and how one is given back. */
	void			(*end)(struct numbered *n);
	uint32_t		 users;
	bool			 dropped;
};

void		 numbered_init(void);
void		 numbered_fini(void);		/* there must be no users */
/* Takes n; -1 with n as it was. */
int		 numbered_add(struct numbered *n, uint64_t number,
		    void (*end)(struct numbered *n));
/* Could one more be added by that number? */
bool		 numbered_free(uint64_t number);
int		 numbered_drop(uint64_t number);
/* qmgr has gone; another one names all anew. */
void		 numbered_drop_all(void);
/* For a job; NULL: there is none of this kind. */
struct numbered	*numbered_take(uint64_t number,
		    void (*end)(struct numbered *n));
void		 numbered_give(struct numbered *n);	/* or NULL */

#endif
