/*
 * policy_live_private - policy_live.h, for who asks it for each candidate
 */
#ifndef SCHEDULE_POLICY_LIVE_PRIVATE_H
#define SCHEDULE_POLICY_LIVE_PRIVATE_H

#include <sys/queue.h>

#include "policy_live.h"
#include "policy_private.h"

enum { LIVE_POLICY, LIVE_SUSPENSION, LIVE_KINDS };
enum { LIVE_BASE = 0x80000000 };	/* numbers of its predicates */
enum { LIVE_MATCHES = 32 };		/* of one policy and candidate */

struct live_item {
	TAILQ_ENTRY(live_item)	 link;
	struct hmap_entry	 by_id;
	int			 kind;
	size_t			 heap;		/* place + 1; 0: none */
	int64_t			 expires_ms;
	struct policy_values	 on;		/* as it was given */
	unsigned		 mask;		/* fields with a value */
	size_t			 bytes;		/* of its texts */
	/* A policy: */
	struct policy_dynamic	 dynamic;
	struct hmap_entry	 by_tuple;	/* key: owned; NULL: none */
	struct live_item	*same;		/* of the same tuple */
	struct live_item	*head;
	/* A suspension: */
	struct suspended	 s;
	struct rule		 rule;
	bool			 exact;
};

TAILQ_HEAD(live_items, live_item);

/* Which fields conditions on one policy have, and how many of them. */
struct live_masks {
	uint16_t		*mask;
	uint32_t		*uses;
	size_t			 count, cap;
};

struct policy_live {
	struct policies		*p;
	struct live_items	 items;		/* oldest first */
	size_t			 count[LIVE_KINDS], patterns;
	size_t			 bytes;		/* of all texts */
	struct hmap		 ids;
	struct live_item	**heap;
	size_t			 heap_count, heap_cap;
	uint64_t		 age;
	struct hmap		 tuples;	/* kind: policy and mask */
	struct live_masks	*masks;		/* by policy */
	size_t			 masks_count;
	struct suspend_table	 exact;
	struct rules		 rules;		/* of the other suspensions */
	bool			 stale;		/* they are to be made anew */
	uint64_t		 generation;	/* of these */
	struct buf		 key;
};

/* Those for the tuple, which is rolled up, oldest first. */
size_t	policy_live_match(struct policy_live *l, const struct policy *of,
	    const struct policy_values *tuple, int64_t now_ms,
	    const struct policy_dynamic *out[LIVE_MATCHES]);

/* ---- Between its files --------------------------------------------------- */

struct str live_dup(struct str s);
void	live_undup(struct str s);
const struct policy_property *live_properties_dup(
	    const struct policy_property *from, size_t count);
void	live_limits_undup(struct policy_limits *m);
void	live_limits_set(struct policy_limits *to,
	    const struct policy_limits *from);
struct live_item *live_item_new(int kind, const struct policy_values *on);
void	live_item_free(struct live_item *i);
/* What its texts are now is counted, and not what they were. */
void	live_weigh(struct policy_live *l, struct live_item *i);

void	live_heap_set(struct policy_live *l, struct live_item *i,
	    int64_t expires_ms);
void	live_heap_drop(struct policy_live *l, struct live_item *i);
/* In reach of policy_live_match(), or detached. */
void	live_attach(struct policy_live *l, struct live_item *i);
void	live_detach(struct policy_live *l, struct live_item *i);
/* One with the same policy and tuple as i would have, or NULL. */
struct live_item *live_twin(struct policy_live *l, struct live_item *i);
void	live_masks_free(struct policy_live *l);
/* The rules of all suspensions with patterns, made anew. */
void	live_rules(struct policy_live *l);
/* 0, or -1 with *e: of a suspension that is not in rules yet. */
int	live_conditions(struct policy_live *l, struct live_item *i,
	    struct rules *into, struct err *e);

#endif
