/*
 * policy_wire - dynamic policies and suspensions, on their way to qmgr(8)
 *
 * The same bytes keep them over a restart.
 *
 * Ownership  what is read points into the bytes, but for properties, which the
 *            caller frees with policy_wire_free().
 * Failure    put: -1, too long: more than one frame holds, together with the
 *            id that it may be given.  get: -1, no honest peer says so.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_WIRE_H
#define SCHEDULE_POLICY_WIRE_H

#include "policy_live.h"

enum { POLICY_WIRE_MAX = 65536 };	/* bytes, as LIVE_ADD has it */

int	policy_dynamic_put(struct buf *out,
	    const struct policy_dynamic_in *in);
int	policy_dynamic_get(struct policy_dynamic_in *in, struct str bytes);
int	policy_suspend_put(struct buf *out,
	    const struct policy_suspend_in *in);
int	policy_suspend_get(struct policy_suspend_in *in, struct str bytes);
void	policy_wire_free(const struct policy_property **properties);

#endif
