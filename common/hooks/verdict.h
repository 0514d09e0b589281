/*
 * verdict - how a hook ended
 *
 * Accept(), Reject() and Defer() fill one; a script that fails or ends
 * without any leaves the hook's default.  Code and enhanced code are 0 where
 * the script did not say: the caller knows the defaults.
 *
 * Ownership  verdict_init() to start, verdict_fini() to end.
 */
#ifndef HOOKS_VERDICT_H
#define HOOKS_VERDICT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/str.h"

enum verdict_action { VERDICT_NONE, VERDICT_ACCEPT, VERDICT_REJECT,
	VERDICT_DEFER };

struct verdict {
	enum verdict_action	 action;
	int			 code;
	int			 enhanced[3];
	bool			 disconnect;
	struct str		*lines;		/* owned, each allocated */
	size_t			 line_count;
};

void	verdict_init(struct verdict *v);
void	verdict_fini(struct verdict *v);
void	verdict_add_line(struct verdict *v, struct str line);

#endif
