/*
 * verdict - what becomes of one recipient
 *
 * A passage carries a recipient from the decision before its attempt to the
 * verdict behind it.  Hooks stand at its two ends: one that decides whether an
 * attempt is made, one that sees how it went and may change the verdict.
 *
 *	decision -> attempt -> verdict_judge() [-> hook] -> verdict_settle()
 *
 * Ownership  all is the caller's, verdict_free() gives back what judging took;
 *            texts of `state` point into the entry, the attempt, the answer
 *            and the passage, and hold as long as these.
 * Failure    none: in doubt it is tried again.
 * Process    pure, but for a new identity and the log of an order that can't
 *            be kept.
 */
#ifndef DELIVER_VERDICT_H
#define DELIVER_VERDICT_H

#include "base/uuid.h"
#include "dsn/order.h"
#include "hooks/postdelivery.h"
#include "job/job.h"
#include "schedule/retry.h"
#include "schedule/transport_option.h"
#include "send/attempt.h"

#include "job.h"

enum passage_result { PASSAGE_DELIVERED, PASSAGE_TEMPORARY,
	PASSAGE_PERMANENT, PASSAGE_NONE, PASSAGE_HOOK, PASSAGE_HAND };

struct predelivery_answer;
struct wish;

struct passage {
	/* The recipient, and what holds for it. */
	const struct job_entry		*entry;
	const struct transport_options	*options;
	const struct wish		*wish;		/* or NULL */
	struct str			 grouping;	/* none: as before */
	struct str			 dsn_transport;	/* none: no bounces */
	bool				 final;		/* to its mailbox */
	int64_t				 now_ms;	/* queue clock */
	int64_t				 wall_ms;
	uint64_t			 random;
	/* How the attempt went; NULL: none was made. */
	const struct attempt		*attempt;
	/* What the hook before it said instead of Try(); or NULL. */
	const struct predelivery_answer	*before;

	/* What verdict_judge() says: the default action, and what its sender
	 * would be told by it. */
	enum passage_result		 result;
	bool				 expired;	/* no attempt follows */
	struct retry_entry		 life;
	struct retry_verdict		 retry;
	enum postdelivery_default	 by_default;
	struct dsn_order		 order;
	char				 id[UUID_TEXT];
	char				 status[SMTP_ENHANCED_TEXT];
	struct buf			 diagnostic;

	/* What verdict_settle() says. */
	bool				 notice;	/* the sender is to be
							 * told of the delay */
	enum job_verdict		 verdict;
	struct entry_state		 state;		/* of the verdict */
	struct buf			 said;		/* its order */
	char				 reason[256];
};

void		 verdict_judge(struct passage *p);
/* NULL: the default action. */
void		 verdict_settle(struct passage *p,
		    const struct postdelivery_answer *a);
void		 verdict_free(struct passage *p);
const char	*passage_result_name(const struct passage *p);

#endif
