/*
 * top_sample - what goes on in an instance, for mtactl top
 *
 * A sample is an object of JSON:
 *
 *	time		Unix time
 *	seconds		since the sample before; 0: there is none
 *	rates		{ name: a second }, of the rows of top_sample.c
 *	queue		{ ready, sending, deferred, held, connections, idle },
 *			or null where no queue is known
 *	destinations	[{ name, entries, now, bytes }], of the domains of
 *	tenants		recipients, and of tenants; now: whose turn it is
 *	limiters	as qmgr tells them, those with something that waits or
 *			with connections
 *	notes		[text]: what could not be asked, and why
 *
 * The busiest come first.  Names are as a terminal may show them.
 *
 * Ownership  the caller drops a sample; top_sample_fini() the rest.
 */
#ifndef MTACTL_TOP_SAMPLE_H
#define MTACTL_TOP_SAMPLE_H

#include <jansson.h>

#include "talk.h"

#define TOP_RATES	8
#define TOP_LIST	64		/* at most, of each list */

struct top_sampler {
	const struct ctl	*c;
	int64_t			 last_ms;	/* 0: there was none */
	int64_t			 before[TOP_RATES];
	int64_t			 walk_ms;	/* when the queue is walked */
	int			 walk_rc;	/* of the last walk, and why */
	struct err		 walk_error;
	json_t			*walked[2];	/* destinations, tenants */
};

/* The next one; NULL with *e if the instance does not run. */
json_t	*top_sample_next(struct top_sampler *t, struct err *e);
void	 top_sample_fini(struct top_sampler *t);

#endif
