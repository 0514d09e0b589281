/*
 * queue_private - a call of queue() while its arguments are read
 *
 * Ownership  the caller's storage; texts of the entry are the script's, or in
 *            the call's arena.
 */
#ifndef HOOKS_QUEUE_PRIVATE_H
#define HOOKS_QUEUE_PRIVATE_H

#include "eod_private.h"

struct queue_call {
	struct hsl_call		*c;
	struct eod_run		*r;
	struct spool_entry	*entry;
	struct arena		 arena;
};

/* Throws that `name` is not what is `wanted`. */
enum hsl_rc	queue_wrong(struct queue_call *q, const char *name,
		    const char *wanted);
/* The array of options, over what is in the entry. */
enum hsl_rc	queue_options(struct queue_call *q, struct hsl_value options);

#endif
