/*
 * policy_option - the options of policy.def, as values
 *
 * Ownership  text of options is borrowed from whoever set it.
 * Failure    0, or -1 with *e.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_OPTION_H
#define SCHEDULE_POLICY_OPTION_H

#include "option_type.h"

struct policy_options {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	OPTION_FIELD_##type(name)
#include "schedule/policy.def"
#undef OPTION
};

enum policy_option {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	POLICY_##name,
#include "schedule/policy.def"
#undef OPTION
	POLICY_OPTIONS
};

/* Bits of the kinds of rows, in their order in policy.c. */
enum { POLICY_ROW_SET = 1, POLICY_ROW_LIST = 2, POLICY_ROW_GROUPING = 4,
	POLICY_ROW_ROLLUP = 8, POLICY_ROW_POLICY = 16, POLICY_ROW_IF = 32,
	POLICY_ROW_DELIVERY = 64, POLICY_ROW_SUSPEND = 128 };

enum policy_grouping_default { POLICY_GROUPING_NONE,
	POLICY_GROUPING_REMOTEMX, POLICY_GROUPING_RECIPIENTDOMAIN };

/* The name of a property: letters, digits or "._-". */
enum { POLICY_PROPERTY_NAME = 64 };

bool			 policy_property_ok(struct str name);
/* POLICY_OPTIONS: there is none. */
enum policy_option	 policy_option_find(struct str name);
const char		*policy_option_name(enum policy_option o);
const char		*policy_option_suggest(struct str name, int row);
bool			 policy_option_for(enum policy_option o, int row);
const char		*policy_option_default(enum policy_option o);
int			 policy_option_set(struct policy_options *p,
			    enum policy_option o, struct str value,
			    struct err *e);
/* All that have a default. */
void			 policy_options_init(struct policy_options *p);

#endif
