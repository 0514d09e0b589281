/*
 * verdict - what becomes of one recipient
 *
 * A passage carries a recipient from the decision before its attempt to the
 * verdict behind it.  Hooks stand at its two ends: one that decides whether an
 * attempt is made, one that sees how it went and may change the verdict.
 *
 *	decision -> attempt -> verdict_decide() -> verdict
 *
 * Ownership  all is the caller's; texts of `state` point into the entry, the
 *            attempt and `reason`, and hold as long as these.
 * Failure    none: in doubt it is tried again.
 * Process    pure.
 */
#ifndef DELIVER_VERDICT_H
#define DELIVER_VERDICT_H

#include "job/job.h"
#include "schedule/transport_option.h"
#include "send/attempt.h"

#include "job.h"

enum passage_result { PASSAGE_DELIVERED, PASSAGE_TEMPORARY,
	PASSAGE_PERMANENT, PASSAGE_NONE, PASSAGE_HOOK };

struct predelivery_answer;

struct passage {
	/* The recipient, and what holds for it. */
	const struct job_entry		*entry;
	const struct transport_options	*options;
	struct str			 grouping;	/* none: as before */
	int64_t				 now_ms;	/* queue clock */
	int64_t				 wall_ms;
	uint64_t			 random;
	/* How the attempt went; NULL: none was made. */
	const struct attempt		*attempt;
	/* What verdict_decide() says. */
	enum passage_result		 result;
	bool				 expired;	/* no attempt follows */
	bool				 notice;	/* the sender is to be
							 * told of the delay */
	enum job_verdict		 verdict;
	struct entry_state		 state;		/* of the verdict */
	char				 reason[256];
};

void		 verdict_decide(struct passage *p);
/* What a hook before the attempt says: anything but TRY. */
void		 verdict_answer(struct passage *p,
		    const struct predelivery_answer *a);
const char	*passage_result_name(const struct passage *p);

#endif
