/*
 * policy_reading - a row of policy.cf on its way: options, fields, conditions
 *
 * Failure    what is wrong is reported where it stands, and sets failed.
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_READING_H
#define SCHEDULE_POLICY_READING_H

#include "policy_private.h"

/* Columns. */
enum { COL_KIND, COL_ID, COL_ON };

extern const struct row_form	policy_form;

struct reading {
	struct policies		*p;
	const struct policy_source *src;
	struct row_text		*row;
	int			 kind;
	struct policy_options	 set;
	unsigned		 given;		/* 1 << enum policy_option */
	struct str		 value[POLICY_OPTIONS];	/* in the line */
	struct policy_property	 property[POLICY_PROPERTIES];
	size_t			 property_count;
	struct policy_delivery	*delivery;	/* whose options these are */
	unsigned		 all_given;	/* by set rows before */
	size_t			 files;
	size_t			 rows;
	bool			 failed;	/* this row */
};

void	reading_say(struct reading *g, struct str at, const char *fmt, ...)
	    __attribute__((format(printf, 3, 4)));
/* How much of a text is shown. */
static inline int
shown_len(struct str s)
{
	return (int)(s.len < 128 ? s.len : 128);
}

/* "-o name=value" to the end of the row. */
void	reading_options(struct reading *g);
/* What of them is kept. */
const struct policy_property *reading_properties(struct reading *g);
void	reading_limits(struct reading *g, struct policy_limits *l);

/* false: reported, the column is not "-". */
bool	reading_no_column(struct reading *g, int col);
/* POLICY_FIELDS: reported. */
enum policy_field reading_field(struct reading *g, struct str name);
/* The third column without its braces. */
struct str reading_on(struct reading *g);
/* "field#rollup#rollup". */
void	reading_policy_field(struct reading *g, struct policy *po,
	    struct str word);
/* Of an `if`, of is its policy. */
void	reading_conditions(struct reading *g, const struct policy *of,
	    struct rule *rule, struct rule_condition *said);

#endif
