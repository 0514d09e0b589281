/*
 * row - a delivery row of policy.cf as jobs name it, by a number of qmgr's
 *
 * Its text is a policy.cf of that row alone (policy_delivery_put()).
 *
 * Ownership  rows are numbered things (numbered.h).
 * Failure    row_add(): -1, no honest qmgr says so.
 * Process    no I/O.
 */
#ifndef DELIVER_ROW_H
#define DELIVER_ROW_H

#include "schedule/policy.h"

#include "numbered.h"

struct row {
	struct numbered			 numbered;	/* first */
	struct policies			*all;		/* this one alone */
	const struct policy_delivery	*delivery;
};

int		 row_add(uint64_t number, struct str text);
struct row	*row_take(uint64_t number);
void		 row_give(struct row **r);

#endif
