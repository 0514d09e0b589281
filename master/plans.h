/*
 * plans - transport.cf, for the workers
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

struct plans {
	struct buf	transport_cf;
};

#define PLANS_INIT	{ BUF_INIT }

/* report may be NULL. */
int	plans_load(struct plans *p, const struct conf *conf,
	    conf_report_fn *report, void *arg);
void	plans_fini(struct plans *p);
/* What is no error, but never works. */
void	plans_warn(const struct conf *conf, conf_report_fn *report,
	    void *arg);
/* To a worker that it is for, before START or RENEW. */
void	plans_tell(const struct plans *p, struct channel *c);

#endif
