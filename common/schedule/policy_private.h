/*
 * policy_private - what the files of policy.h share
 */
#ifndef SCHEDULE_POLICY_PRIVATE_H
#define SCHEDULE_POLICY_PRIVATE_H

#include "base/arena.h"
#include "base/hmap.h"

#include "policy.h"
#include "policy_rules.h"
#include "policy_suspend.h"
#include "policy_window.h"
#include "row_text.h"

/* A grouping or a roll-up. */
struct policy_set {
	struct row_id		 name;
	enum policy_field	 field;
	uint32_t		 pred;		/* of that field */
	struct str		 mark;		/* "&id", "#id" */
};

struct policy_list {
	struct row_id		 name;
	enum policy_field	 field;
	uint32_t		 pred;
	struct pattern_index	 index;		/* all numbers are 1 */
	struct str		 items;		/* as in the row */
	struct str		 file;
	struct place		 items_at, file_at;
};

struct policy_row {
	struct row_id		 name;
	struct policy		 policy;
};

/* What conditions say, before it is known what they bring. */
struct policy_if {
	struct rule		 rule;		/* what: this */
	struct policy_limits	 limits;
	struct rule_condition	 said[POLICY_FIELDS];
};

struct policy_delivery_row {
	struct row_id		 name;
	struct policy_delivery	 delivery;
	struct rule		 rule;
};

struct policy_suspension_row {
	struct row_id		 name;
	struct suspended	 s;
	struct rule		 rule;		/* unless s is exact */
	struct policy_window	 *when;		/* NULL: always */
};

/* A growing array of pointers into the arena. */
struct policy_array {
	void	**p;
	size_t	  count, cap;
};

struct policies {
	struct arena		 arena;
	struct hmap		 ids;
	struct rules		 rules;
	struct suspend_table	 exact;		/* suspensions */
	struct policy_array	 lists, groupings, policies, ifs, deliveries,
				 suspensions;
	enum policy_grouping_default grouping_default;
	enum schedule_algorithm	 algorithm;	/* where none is given */
	/* Goes up where predicates mean another thing than before. */
	uint64_t		 generation;
	size_t			 row_count;
};

void	policy_array_add(struct policy_array *a, void *p);
/* What the value is, sorted: lists, roll-ups, patterns. */
void	policies_find_value(const struct policies *p, enum policy_field f,
	    struct str value, struct rules_hits *h);
/* The first roll-up of the policy's field that is among these, or NULL. */
const struct policy_set *policy_rolled(const struct policy *of,
	    enum policy_field f, const uint32_t *hits, size_t count);
/* After lists changed, and once after all rows: what conditions bring. */
void	policies_settle(struct policies *p);

/* ---- Lists -------------------------------------------------------------- */

struct policy_list *policy_list_find(const struct policies *p, struct str id);
/* Items between blanks; false: something was reported, at src and line. */
bool	policy_list_items(struct policy_list *l, const struct source *src,
	    const struct line *line, struct str items);
/* Items one a line; false: as above, as of that file. */
bool	policy_list_text(struct pattern_index *x, const char *file,
	    struct str text, struct reports *r);
/* The next word between blanks. */
bool	policy_word(struct str *rest, struct str *word);

/* ---- Conditions --------------------------------------------------------- */

/* Whose lists, roll-ups and groupings are meant; where patterns become
 * predicates; and the policy of an `if`, one of whose roll-ups "#id" must
 * be. */
struct policy_scope {
	struct policies		*p;
	struct rules		*own;
	const struct policy	*of;		/* NULL: no `if` */
};

/* 0, or -1 with *e. */
int	policy_condition(const struct policy_scope *s, enum policy_field f,
	    struct str pattern, struct rule_condition *c, struct err *e);

#endif
