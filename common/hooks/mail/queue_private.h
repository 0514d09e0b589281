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
	const char		*name;		/* of the function */
	const struct transports	*transports;
	struct spool_entry	*entry;
	struct buf		*list;		/* of fields; empty before */
	struct arena		 arena;
	struct smtp_path	 sender, recipient;
	struct eod_run		*r;		/* NULL: a script's own */
};

/* (sender, recipient, transportid, ...): the first three. */
enum hsl_rc	queue_envelope(struct queue_call *q);
/* What is known of the bytes, as the client sent them. */
void		queue_scanned(struct queue_call *q,
		    const struct smtp_scan *scan, struct str message_id);
/* The fourth, if it is there. */
enum hsl_rc	queue_more(struct queue_call *q);
/* What queue() returns. */
struct hsl_value queue_result(struct hsl_exec *x, const char *txn,
		    uint32_t number);

/* Throws that `name` is not what is `wanted`. */
enum hsl_rc	queue_wrong(struct queue_call *q, const char *name,
		    const char *wanted);
/* One that there is, by its name. */
enum hsl_rc	queue_option(struct queue_call *q, const char *name,
		    struct hsl_value v);
/* The array of options, over what is in the entry. */
enum hsl_rc	queue_options(struct queue_call *q, struct hsl_value options);

#endif
