/*
 * outlet - a transport as jobs name it, by a number of qmgr's
 *
 * Ownership  outlets are numbered things (numbered.h).
 * Failure    outlet_add(): -1, no honest qmgr says so.  A transport that this
 *            version can't use is there, with a fault.
 * Process    no I/O.
 */
#ifndef DELIVER_OUTLET_H
#define DELIVER_OUTLET_H

#include "schedule/transport.h"
#include "send/backend.h"

#include "numbered.h"

struct outlet {
	struct numbered		 numbered;	/* first */
	struct transports	*all;		/* this one alone */
	const struct transport	*transport;
	struct send_backend	 backend;	/* without secrets */
	char			*fault;		/* NULL: it can be used */
};

int		 outlet_add(uint64_t number, struct str text);
/* t: the outlet's transport, or that with a row's options over it; what b is
 * filled with lives as long as both. */
int		 outlet_backend(const struct outlet *o,
		    const struct transport *t, struct send_backend *b,
		    struct err *e);
/* For a job; NULL: there is none. */
struct outlet	*outlet_take(uint64_t number);
void		 outlet_give(struct outlet **o);

#endif
