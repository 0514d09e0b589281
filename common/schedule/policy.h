/*
 * policy - policy.cf, compiled
 *
 *	kind      id      on                          -o name=value ...
 *	set       -       -
 *	list      big     remotemx                    items, file
 *	grouping  google  remotemx                    match
 *	rollup    ms      remotemx                    match
 *	policy    mxip    remotemx#ms,localip         limits
 *	if        mxip    remotemx=#ms                limits
 *	delivery  d1      { remotemx=@big localip=192.0.2.0/24 }
 *	suspend   stop    remotemx=mx.example
 *
 * What applies to a candidate is asked of a policy_matcher (policy_match.h);
 * what scripts and operators add for a time is a policy_live (policy_live.h),
 * laid over it.
 *
 * Ownership  policies_compile() gives, policies_free() takes and clears; what
 *            is found in it lives as long.
 * Failure    -1 after at least one report, with file, line and column.
 * Process    pure: files of lists are read by the caller's function, the time
 *            is given.
 */
#ifndef SCHEDULE_POLICY_H
#define SCHEDULE_POLICY_H

#include "conf/conf.h"
#include "policy_field.h"
#include "policy_option.h"
#include "schedule_limit.h"

enum { POLICY_LIST_MAX = 64 * 1024 * 1024 };	/* bytes of a list's file */
enum { POLICY_LIST_FILES = 64 };
enum { POLICY_PROPERTIES = 64 };		/* of a row */

struct policies;

/* Reads the whole file of a list; path is as written. */
typedef int	policy_read_fn(void *arg, struct str list, const char *path,
		    struct buf *out, struct err *e);

struct policy_source {
	const char	*file;		/* for reports */
	struct str	 text;
	policy_read_fn	*read;		/* NULL: lists' files stay unread */
	void		*arg;
};

struct policy_property {
	struct str	name, value;
};

/* What a policy or an `if` says. */
struct policy_limits {
	struct schedule_limits	 limits;
	unsigned		 given;		/* 1 << enum policy_option */
	bool			 stop, cluster;
	struct str		 tag;
	const struct policy_property *properties;
	size_t			 property_count;
	int			 line;
};

/* Does it limit anything? */
static inline bool
policy_limits_bind(const struct schedule_limits *l)
{
	return l->concurrency != 0 || l->rate.thousandths != 0 ||
	    l->connectinterval_ms != 0;
}

struct policy {
	struct str		 id;
	unsigned		 fields;	/* POLICY_BIT() */
	struct policy_limits	 limits;	/* where no `if` matches */
	uint32_t		 place;		/* among policies */
	const struct policy_set	*const *rollups[POLICY_FIELDS]; /* to NULL */
};

/* Options that a delivery row changes. */
struct policy_delivery {
	struct str		 id;
	int			 line;
	bool			 set[TRANSPORT_OPTIONS];
	struct transport_options options;	/* those that are set */
	struct str		 text[TRANSPORT_OPTIONS];	/* as written */
};

struct policy_suspension {
	struct str		 id, tag;
	struct str		 on[POLICY_FIELDS];	/* as written */
	unsigned		 fields;
	const struct policy_property *properties;
	size_t			 property_count;
	struct str		 window;	/* as written; none: always */
	int			 line;		/* 0: a dynamic one */
	int64_t			 expires_ms;	/* INT64_MAX: never */
	bool			 open;		/* it holds now */
	bool			 detached;	/* it can't match any more */
};

int	policies_compile(struct policies **out,
	    const struct policy_source *src, conf_report_fn *report,
	    void *arg);
void	policies_free(struct policies **p);

size_t	policies_count(const struct policies *p);
const struct policy *policies_at(const struct policies *p, size_t i);
/* NULL: there is none. */
const struct policy *policies_find(const struct policies *p, struct str id);
/* The first one with exactly these fields, or NULL. */
const struct policy *policies_with(const struct policies *p, unsigned fields);
size_t	policies_suspension_count(const struct policies *p);
const struct policy_suspension *policies_suspension(const struct policies *p,
	    size_t i);
/* "#id" if that policy rolls the value up, else none. */
struct str policies_rollup(const struct policies *p, const struct policy *of,
	    enum policy_field f, struct str value);
/* The fields that groupings are of; 0: there is never one. */
unsigned policies_group_fields(const struct policies *p);
/* Are there delivery rows? */
bool	policies_deliver(const struct policies *p);
/* "&id", or the default field's value, or none. */
struct str policies_grouping(const struct policies *p,
	    const struct policy_values *v);

/* Each value that a condition is about as it stands there, with its row's
 * line: no pattern, list, roll-up or grouping. */
typedef void	policy_mention_fn(void *arg, struct str value, int line);
void	policies_mentions(const struct policies *p, enum policy_field f,
	    policy_mention_fn *fn, void *arg);

void	policies_each_delivery(const struct policies *p,
	    void (*fn)(void *arg, const struct policy_delivery *d), void *arg);

/* Opens and closes windows; local_s: seconds of local civil time since 1970.
 * When to call it again. */
int64_t	policies_windows(struct policies *p, int64_t local_s);

/* What it sets, over the transport's; tls only where that is stricter. */
void	policy_delivery_lay(const struct policy_delivery *d,
	    struct transport_options *over);
/* A policy.cf of that row alone, which holds for all. */
void	policy_delivery_put(const struct policy_delivery *d,
	    struct buf *out);
/* The one delivery row; NULL: there is none, or more than one. */
const struct policy_delivery *policies_delivery(const struct policies *p);

#endif
