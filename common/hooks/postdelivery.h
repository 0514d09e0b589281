/*
 * postdelivery - the hook behind an attempt, and where an entry leaves the
 * queue without one
 *
 * A run sees how it went, and says what becomes of the entry: the default
 * action, or another.  The hook is made by hook_new() of HOOK_POSTDELIVERY;
 * what it is told and may do is the post-delivery document.
 *
 * Ownership  postdelivery_start() gives; the run is over when done() returns,
 *            or postdelivery_cancel() took it.  Until then all of the request
 *            is borrowed.  An answer holds during done().
 * Failure    a script's failure is an answer: the default action; metadata
 *            that it set before stay set.
 * Process    done() comes from the loop.
 */
#ifndef HOOKS_POSTDELIVERY_H
#define HOOKS_POSTDELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/str.h"
#include "dsn/order.h"
#include "hooks/file_source.h"
#include "hooks/hook.h"
#include "send/attempt.h"
#include "spool/entry.h"
#include "spool/spool_id.h"
#include "spool/state.h"

struct postdelivery_run;

/* The default action; DELIVERED: none, the script may only look. */
enum postdelivery_default { POSTDELIVERY_DELIVERED, POSTDELIVERY_QUEUES,
	POSTDELIVERY_BOUNCES, POSTDELIVERY_DELETES };

enum postdelivery_action { POSTDELIVERY_DEFAULT, POSTDELIVERY_QUEUE,
	POSTDELIVERY_BOUNCE, POSTDELIVERY_DELETE };

struct postdelivery_answer {
	enum postdelivery_action action;
	/* Of QUEUE, as in struct predelivery_answer. */
	bool			 hold;
	bool			 has_delay;
	int64_t			 delay_ms;
	bool			 counted;
	bool			 reset;
	bool			 has_delayed;
	bool			 delayed;
	/* Of QUEUE and BOUNCE. */
	struct str		 reason;
	/* What it changes, by `changed`: QUEUE's; metadata of all. */
	struct entry_state	 change;
	/* The option dsn of DEFAULT, QUEUE and BOUNCE: only what scripts may
	 * say is set. */
	struct dsn_order	 dsn;
};

struct postdelivery_request {
	const struct spool_id		*id;
	const struct spool_entry	*entry;
	uint64_t			 retry;
	bool				 expired;
	enum postdelivery_default	 by_default;
	struct str			 grouping;	/* none: not there */
	/* What applied at pickup: the array "policy" as JSON, by the
	 * document's names; none: no attempt was made. */
	struct str			 policy;
	const struct attempt		*attempt;	/* NULL: none */
	/* What would be told: status and diagnostics unless it is delivered,
	 * action and id where the default action makes a notification. */
	const struct dsn_order		*dsn;
	bool				 has_context;	/* the other hook ran */
	struct str			 context;	/* frozen */
	const struct file_source	*original, *modified;
	const struct logctx		*log;
	/* As in struct hook_request; with arg. */
	void				(*working)(void *arg, bool now);
	void				(*done)(void *arg,
					    const struct postdelivery_answer
					    *a);
	void				*arg;
};

struct postdelivery_run	*postdelivery_start(struct hook *h,
			    const struct postdelivery_request *rq);
void			 postdelivery_cancel(struct postdelivery_run **r);

#endif
