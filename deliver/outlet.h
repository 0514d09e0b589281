/*
 * outlet - a transport as jobs name it, by a number of qmgr's
 *
 * Ownership  outlets are the table's.  One that is dropped lives as long as a
 *            job has it.
 * Failure    outlet_add(), outlet_drop(): -1, no honest qmgr says so.  A
 *            transport that this version can't use is there, with a fault.
 * Process    no I/O.
 */
#ifndef DELIVER_OUTLET_H
#define DELIVER_OUTLET_H

#include "base/hmap.h"
#include "schedule/transport.h"
#include "send/backend.h"

#define OUTLETS_MAX	65536

struct outlet {
	struct hmap_entry	 entry;		/* first */
	uint64_t		 number;
	struct transports	*all;		/* this one alone */
	const struct transport	*transport;
	struct send_backend	 backend;	/* without secrets */
	char			*fault;		/* NULL: it can be used */
	uint32_t		 jobs;
	bool			 dropped;
};

void		 outlets_init(void);
void		 outlets_fini(void);		/* there must be no jobs */
int		 outlet_add(uint64_t number, struct str text);
int		 outlet_drop(uint64_t number);
/* qmgr has gone; another one names them anew. */
void		 outlets_drop_all(void);
/* For a job; NULL: there is none. */
struct outlet	*outlet_take(uint64_t number);
void		 outlet_give(struct outlet **o);

#endif
