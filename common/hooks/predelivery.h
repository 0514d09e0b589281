/*
 * predelivery - the hook before an entry of the queue is tried
 *
 * A run says whether it is tried now and how (Try()), or what else becomes of
 * it.  The hook is made by hook_new() of HOOK_PREDELIVERY.
 *
 * Ownership  predelivery_start() gives; the run is over when done() returns,
 *            or predelivery_cancel() took it.  Until then all of the request
 *            is borrowed.  An answer holds during done().
 * Failure    a script's failure is an answer: it is queued for five minutes,
 *            and nothing is counted.
 * Process    done() comes from the loop.
 */
#ifndef HOOKS_PREDELIVERY_H
#define HOOKS_PREDELIVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"
#include "dsn/order.h"
#include "hooks/hook.h"
#include "hooks/file_source.h"
#include "outbound/wish.h"
#include "spool/entry.h"
#include "spool/spool_id.h"
#include "spool/state.h"

struct predelivery_run;

enum predelivery_action { PREDELIVERY_TRY, PREDELIVERY_QUEUE,
	PREDELIVERY_BOUNCE, PREDELIVERY_DELETE };

struct predelivery_answer {
	enum predelivery_action	 action;
	/* Of TRY. */
	struct wish		 wish;
	struct str		 context;	/* frozen; none: no value */
	/* Of QUEUE. */
	bool			 hold;
	bool			 has_delay;
	int64_t			 delay_ms;
	bool			 counted;	/* as an attempt */
	bool			 reset;		/* retry begins again */
	bool			 has_delayed;	/* dsn_delayed was said */
	bool			 delayed;
	/* Of all but TRY. */
	struct str		 reason;
	/* The option dsn of QUEUE and BOUNCE: only what scripts may say is
	 * set. */
	struct dsn_order	 dsn;
	/* What it changes, by `changed`; metadata of TRY, too. */
	struct entry_state	 change;
};

struct predelivery_request {
	const struct spool_id		*id;
	const struct spool_entry	*entry;
	uint64_t			 retry;
	/* The message as it was received, and as it is sent. */
	const struct file_source	*original, *modified;
	const struct logctx		*log;
	/* As in struct hook_request; with arg. */
	void				(*working)(void *arg, bool now);
	void				(*done)(void *arg,
					    const struct predelivery_answer
					    *a);
	void				*arg;
};

struct predelivery_run	*predelivery_start(struct hook *h,
			    const struct predelivery_request *rq);
void			 predelivery_cancel(struct predelivery_run **r);

#endif
