/*
 * policy.def is expanded into a table, as transport.def is.
 */
#include <string.h>

#include "policy_option.h"

#define SET	POLICY_ROW_SET
#define LIMITS	(POLICY_ROW_POLICY | POLICY_ROW_IF)
#define LIST	POLICY_ROW_LIST
#define SETS	(POLICY_ROW_GROUPING | POLICY_ROW_ROLLUP)
#define SUSPEND	POLICY_ROW_SUSPEND

/* In the order of enum policy_grouping_default, enum schedule_algorithm. */
#define POLICY_GROUPING_WORDS	"none|remotemx|recipientdomain"
#define POLICY_ALGORITHM_WORDS	"spread|tokenbucket|fixedwindow"

static const struct option_row	policy_rows[POLICY_OPTIONS] = {
#define OPTION(type, name, def, near, min, max, kinds, help)		\
	{ #name, def, near, min, max, kinds,				\
	    offsetof(struct policy_options, name), option_read_##type },
#include "schedule/policy.def"
#undef OPTION
};

bool
policy_property_ok(struct str name)
{
	size_t	i;

	for (i = 0; i < name.len; i++)
		if (!ascii_isalnum((unsigned char)name.p[i]) &&
		    (name.p[i] == '\0' || strchr("._-", name.p[i]) == NULL))
			return false;
	return name.len > 0 && name.len <= POLICY_PROPERTY_NAME;
}

enum policy_option
policy_option_find(struct str name)
{
	return (enum policy_option)option_find(policy_rows, POLICY_OPTIONS,
	    name);
}

const char *
policy_option_name(enum policy_option o)
{
	return policy_rows[o].name;
}

const char *
policy_option_suggest(struct str name, int row)
{
	return option_suggest(policy_rows, POLICY_OPTIONS, name, row);
}

bool
policy_option_for(enum policy_option o, int row)
{
	return (policy_rows[o].kinds & row) != 0;
}

const char *
policy_option_default(enum policy_option o)
{
	return policy_rows[o].def;
}

int
policy_option_set(struct policy_options *p, enum policy_option o,
    struct str value, struct err *e)
{
	return option_set(&policy_rows[o], p, value, e);
}

void
policy_options_init(struct policy_options *p)
{
	enum policy_option	o;

	*p = (struct policy_options){ .tag = STR("") };
	for (o = 0; o < POLICY_OPTIONS; o++)
		if (policy_rows[o].def[0] != '\0')
			(void)policy_option_set(p, o,
			    str_of(policy_rows[o].def), NULL);
}
