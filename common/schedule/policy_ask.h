/*
 * policy_ask - what is asked for a time, in the words of policy.cf
 *
 * Scripts and operators name fields, limits and properties as rows of
 * policy.cf do; from this become a policy_dynamic_in and a policy_suspend_in
 * (policy_live.h).
 *
 * Ownership  text is borrowed from whoever set it.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_ASK_H
#define SCHEDULE_POLICY_ASK_H

#include "policy_live.h"

struct policy_ask {
	struct policy_options	 set;
	unsigned		 given;		/* 1 << enum policy_option */
	struct policy_property	 property[POLICY_PROPERTIES];
	size_t			 property_count;
};

void	policy_ask_init(struct policy_ask *a);
/* POLICY_OPTIONS with *e: a dynamic policy (POLICY_ROW_IF) or a suspension
 * (POLICY_ROW_SUSPEND) has no such option. */
enum policy_option policy_ask_find(struct str name, int row, struct err *e);
int	policy_ask_option(struct policy_ask *a, enum policy_option o,
	    struct str value, struct err *e);
/* The last one of a name counts. */
int	policy_ask_property(struct policy_ask *a, struct str name,
	    struct str value, struct err *e);
/* One that has to be there; *e names the nearest. */
int	policy_ask_field(struct str name, enum policy_field *f,
	    struct err *e);
/* A condition; one without text would be none. */
int	policy_ask_value(struct policy_values *on, struct str name,
	    struct str value, struct err *e);
void	policy_ask_limits(const struct policy_ask *a,
	    struct policy_limits *out);

#endif
