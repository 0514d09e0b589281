/*
 * plans - transport.cf and policy.cf, for the workers
 *
 * master compiles it, so that nothing else is handed on than what holds, and
 * hands on what "$" stands for in main.cf: rows of master.cf may say other.
 *
 * Ownership  the caller's storage, PLANS_INIT to start, plans_fini() to end.
 * Failure    plans_load(): how many faults; each was told to report().
 */
#ifndef MASTER_PLANS_H
#define MASTER_PLANS_H

#include "base/buf.h"
#include "conf/conf.h"
#include "ipc/channel.h"

#include "identity.h"

/* The file of one of policy.cf's lists. */
struct plans_list {
	char		name[64];	/* "list/ID" */
	char		*path;
	struct identity	identity;	/* of the file, before it was read */
	struct buf	text;
};

struct plans {
	struct buf		 transport_cf;
	struct buf		 policy_cf;
	struct plans_list	*lists;		/* with a file */
	size_t			 list_count;
};

#define PLANS_INIT	{ BUF_INIT, BUF_INIT, NULL, 0 }

/* report may be NULL. */
int	plans_load(struct plans *p, const struct conf *conf,
	    conf_report_fn *report, void *arg);
void	plans_fini(struct plans *p);
/* Reads the file of list n again, if it has changed: 1, it has, and what is in
 * it now counts; 0, it has not; -1, it holds no more, which is told to report()
 * once, and what was before goes on. */
int	plans_relist(struct plans *p, size_t n, conf_report_fn *report,
	    void *arg);
bool	plans_equal(const struct plans *a, const struct plans *b);
/* What is no error, but never works. */
void	plans_warn(const struct conf *conf, conf_report_fn *report,
	    void *arg);
/* To a worker that it is for, before START or RENEW.  schedules: policy.cf
 * is for it, too. */
void	plans_tell(const struct plans *p, struct channel *c, bool schedules);
/* To qmgr, later: list n. */
void	plans_tell_list(const struct plans *p, size_t n, struct channel *c);
/* A text under the name of a file. */
void	plans_tell_file(struct channel *c, const char *name, struct str text);

#endif
