/*
 * policy_rows - policies, suspensions, limiters and lists as objects of JSON
 *
 * What each says, mtactl(8) tells.  Rows end with a newline.
 */
#ifndef QMGR_POLICY_ROWS_H
#define QMGR_POLICY_ROWS_H

#include "policies.h"

/* At most `limit` of each; true: there are more. */
bool	policy_rows_live(struct buf *out, enum live_kind kind,
	    uint64_t limit);
bool	policy_rows_limiters(struct buf *out, struct str policy,
	    uint64_t limit);
/* What applies to mail with these values. */
void	policy_rows_shape(struct buf *out, const struct policy_values *v);
/* An array: the policies that apply, with the state of their limiters. */
void	policy_rows_match(struct buf *out, const struct policy_match *m);
/* An object: what applies to an attempt by that hop, by the names of the
 * post-delivery document (8.2.1.1.1). */
void	policy_rows_pickup(struct buf *out, const struct schedule_subqueue *q,
	    struct str grouping, const struct hopset *h, unsigned hop);
/* Of a suspension, an object. */
void	policy_rows_suspension(struct buf *out,
	    const struct policy_suspension *s);

#endif
