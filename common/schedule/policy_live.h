/*
 * policy_live - policies and suspensions that scripts and operators add
 *
 * They lie over a compiled policy.cf.  A dynamic policy attaches to the first
 * policy that has exactly its fields, and changes the limits that it gives
 * for the values of its condition; where several match, the newest that gives
 * a key wins.  A suspension stands for itself.  Both go when their time is
 * over.  After a reload they attach anew; what finds no policy, or names a
 * list that is gone, is listed as detached until its time is over.
 *
 * Ownership  policy_live_new() gives, policy_live_free() takes and clears;
 *            policies are borrowed until policy_live_reload() gives others.
 *            Text is copied; what is shown holds until the next change.
 * Failure    -1 with *e; nothing was changed then.
 * Process    pure; now_ms is any clock that does not go back.
 */
#ifndef SCHEDULE_POLICY_LIVE_H
#define SCHEDULE_POLICY_LIVE_H

#include "policy.h"

/* Of each kind; of those suspensions that have patterns; of the texts of
 * all. */
enum { POLICY_LIVE_MAX = 100000, POLICY_LIVE_PATTERNS = 1000,
    POLICY_LIVE_BYTES = 64 << 20 };
enum { POLICY_LIVE_ID = 64, POLICY_LIVE_TYPE = 32 };

struct policy_live;

struct policy_dynamic {
	struct str		 id, type;
	unsigned		 fields;	/* of its policy */
	/* For which values: texts, or "#id" of one of its roll-ups. */
	struct policy_values	 on;
	struct policy_limits	 limits;	/* given: what it changes */
	int64_t			 expires_ms;	/* INT64_MAX: never */
	uint64_t		 age;		/* newer ones have more */
	const struct policy	*policy;	/* NULL: detached */
};

/* What is asked for. */
struct policy_dynamic_in {
	struct str		 id;		/* none: one is made */
	struct str		 type;		/* free */
	unsigned		 fields;
	struct policy_values	 on;
	struct policy_limits	 limits;
	int64_t			 ttl_ms;	/* 0: for ever */
	bool			 keep;		/* update=false: one that is
						 * there is left alone */
};

struct policy_suspend_in {
	struct str		 id;
	struct policy_values	 on;		/* patterns, as in policy.cf */
	struct str		 tag;
	const struct policy_property *properties;
	size_t			 property_count;
	int64_t			 ttl_ms;
	bool			 keep;
};

/* p: those of an empty text, where there is no policy.cf. */
struct policy_live *policy_live_new(struct policies *p);
void	policy_live_free(struct policy_live **l);
/* Other policies, from now on. */
void	policy_live_reload(struct policy_live *l, struct policies *p);

/* 1: *id is its id; 0: no policy has these fields; -1. */
int	policy_live_add(struct policy_live *l,
	    const struct policy_dynamic_in *in, int64_t now_ms,
	    struct str *id, struct err *e);
bool	policy_live_delete(struct policy_live *l, struct str id);
/* 1, or -1.  One that is there gets a new time to live, and nothing else. */
int	policy_live_suspend(struct policy_live *l,
	    const struct policy_suspend_in *in, int64_t now_ms,
	    struct str *id, struct err *e);
bool	policy_live_resume(struct policy_live *l, struct str id);
/* Takes those whose time is over away.  When the next one's is. */
int64_t	policy_live_expire(struct policy_live *l, int64_t now_ms);

/* From the oldest; fn() changes nothing.  NULL: not shown. */
void	policy_live_show(const struct policy_live *l,
	    void (*policy)(void *arg, const struct policy_dynamic *d),
	    void (*suspension)(void *arg, const struct policy_suspension *s),
	    void *arg);
const struct policy_dynamic *policy_live_find(const struct policy_live *l,
	    struct str id);

#endif
