/*
 * policy_rules - conditions, found by what a value has
 *
 * A predicate is something that a value of one field has or has not: it is in
 * a list, a roll-up covers it, a pattern of a condition matches.  Predicates
 * have numbers; equal patterns of a field are one.  A rule is conditions that
 * must all hold; it is found by one of its predicates, so that looking for
 * the rules of a candidate does not cost all rules.
 *
 * Process    pure.
 */
#ifndef SCHEDULE_POLICY_RULES_H
#define SCHEDULE_POLICY_RULES_H

#include "policy_field.h"

enum rule_kind { RULE_IF, RULE_DELIVERY, RULE_SUSPEND };

struct rule_condition {
	uint32_t		 pred;		/* 0: no condition */
	const struct policy_set	*rollup;	/* "#id", of an `if` */
	struct str		 exact;		/* a text or an address */
};

struct rule {
	enum rule_kind		 kind;
	uint32_t		 order;		/* in the file, of its kind */
	unsigned		 fields;
	struct rule_condition	 on[POLICY_FIELDS];
	void			*what;
	const struct policy	*policy;	/* an `if`'s */
	struct rule		*next;		/* of the same predicate */
};

struct rules_pred {
	struct rule		*first;
	uint32_t		*implied;	/* those that it brings */
	uint32_t		 count, cap;
};

/* A sorted set of predicates of one field. */
struct rules_hits {
	uint32_t		*id;
	size_t			 count, cap;
};

struct rules {
	struct arena		 arena;
	uint32_t		 base;		/* first number */
	struct pattern_index	 index[POLICY_FIELDS];
	struct hmap		 known;		/* patterns of conditions */
	struct rules_pred	*pred[POLICY_FIELDS];
	uint32_t		 count[POLICY_FIELDS], cap[POLICY_FIELDS];
	struct rule		*always;	/* without conditions */
};

/* Numbers of its predicates begin at base, which is not 0. */
void	 rules_init(struct rules *r, uint32_t base);
void	 rules_fini(struct rules *r);
uint32_t rules_pred_new(struct rules *r, enum policy_field f);
struct rules_pred *rules_pred_at(const struct rules *r, enum policy_field f,
	    uint32_t id);		/* NULL: not one of these */
/* The predicate of a pattern; 0 with *e. */
uint32_t rules_pattern(struct rules *r, enum policy_field f,
	    struct str pattern, struct err *e);
/* Whoever has `from` has `to`, which is the later one. */
void	 rules_imply(struct rules *r, enum policy_field f, uint32_t from,
	    uint32_t to);
/* It is found from now on.  A rule of one may have predicates of others. */
void	 rules_register(struct rules *r, struct rule *rule);
void	 rules_unregister_all(struct rules *r);
/* Adds what the index says of a value; rules_hits_settle() after the last. */
void	 rules_find(const struct rules *r, enum policy_field f,
	    struct str value, struct rules_hits *h);

void	 rules_hit(void *hits, uint32_t id);
/* With what they imply, sorted, once each. */
void	 rules_hits_settle(const struct rules *r, enum policy_field f,
	    struct rules_hits *h);
bool	 rules_hits_has(const uint32_t *id, size_t count, uint32_t wanted);

#endif
