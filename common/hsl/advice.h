/*
 * advice - what is known of a script beyond what it may use
 *
 * For errors and warnings only.
 *
 * Ownership  the tables are the host's.
 * Failure    never fails; a warning is no error.
 */
#ifndef HSL_ADVICE_H
#define HSL_ADVICE_H

#include "hsl/host.h"

struct hsl_order;		/* order.h */

struct hsl_advice {
	const struct hsl_order		*order;	/* or NULL */
	/* Says where a name is known that is none here; or NULL. */
	bool				(*elsewhere)(struct str name,
					    char *text, size_t size);
	/* Variables that others may set: hosts with the same files. */
	const struct hsl_variable	*foreign;	/* or NULL */
};

#endif
