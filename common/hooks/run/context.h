/*
 * context - what hooks share over a connection, and how their errors are told
 *
 * $context is data: it is frozen when a hook ends and thawed for the next.
 */
#ifndef HOOKS_CONTEXT_H
#define HOOKS_CONTEXT_H

#include "base/log.h"
#include "hsl/hsl.h"

struct hsl_value context_bring(struct hsl_exec *x,
		    struct hsl_frozen *const *kept);
/* Replaces *kept; what can't be kept is logged and *kept stays. */
void	context_keep(struct hsl_exec *x, struct hsl_frozen **kept,
	    const struct logctx *log, const char *hook);
void	hook_log_failure(const struct hsl_exec *x, const struct logctx *log,
	    const char *hook);

#endif
