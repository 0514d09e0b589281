/*
 * policy_suspend - suspensions of exact values, by hash
 *
 * Each combination of fields that is in use is one look-up, however many
 * suspensions there are.
 *
 * Ownership  what is in the table is the caller's.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_SUSPEND_H
#define SCHEDULE_POLICY_SUSPEND_H

#include "base/hmap.h"

#include "policy.h"

struct suspended {
	struct hmap_entry	 entry;		/* kind: the fields */
	struct suspended	*same;		/* of the same key */
	struct suspended	*head;		/* itself: it is in the map */
	struct policy_suspension view;
};

struct suspend_table {
	struct hmap		 map;
	uint32_t		 uses[POLICY_MASKS];
	uint16_t		 masks[POLICY_MASKS];	/* those in use */
	size_t			 mask_count;
	struct buf		 key;		/* for look-ups */
};

/* Of values as they are compared; in the order of fields. */
void	suspend_key(struct buf *out, unsigned fields,
	    const struct policy_values *v);

void	suspend_init(struct suspend_table *t);
void	suspend_fini(struct suspend_table *t);
/* Its entry has a key that stays. */
void	suspend_add(struct suspend_table *t, struct suspended *s);
void	suspend_drop(struct suspend_table *t, struct suspended *s);
/* One that holds at that time, or NULL; v: as they are compared. */
const struct policy_suspension *suspend_find(struct suspend_table *t,
	    const struct policy_values *v, int64_t now_ms);

#endif
