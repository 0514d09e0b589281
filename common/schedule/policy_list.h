/*
 * policy_list - lists of policy.cf, changed while they are in use
 *
 * A change holds until the configuration is compiled again.
 *
 * Failure    -1 with *e, or after reports; nothing was changed then.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_LIST_H
#define SCHEDULE_POLICY_LIST_H

#include "policy.h"

struct policy_list_view {
	struct str		id;
	enum policy_field	field;
	struct str		file;		/* none: it has none */
	size_t			items;
};

size_t	policies_list_count(const struct policies *p);
void	policies_list_at(const struct policies *p, size_t i,
	    struct policy_list_view *v);
int	policies_list_add(struct policies *p, struct str id, struct str item,
	    struct err *e);
int	policies_list_delete(struct policies *p, struct str id,
	    struct str item, struct err *e);
/* Is this value one of the list's? */
bool	policies_list_has(const struct policies *p, struct str id,
	    struct str value);
/* Its items as strings of JSON, a line each, in no order, at most so many;
 * true: there are more. */
bool	policies_list_show(struct policies *p, struct str id, uint64_t limit,
	    struct buf *out);
/* Its file has changed: this is in it now. */
int	policies_list_file(struct policies *p, struct str id, struct str text,
	    conf_report_fn *report, void *arg);

#endif
