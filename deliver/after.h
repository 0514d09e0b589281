/*
 * after - a job behind its attempt, or where none is made
 *
 *	attempt -> after_judge() -> verdicts, at once or when the hook has run
 *
 * Ownership  the job's; after_end() gives back what it holds, whenever.
 * Failure    a verdict on each recipient.
 * Process    on the event loop.
 */
#ifndef DELIVER_AFTER_H
#define DELIVER_AFTER_H

#include <stdbool.h>

struct attempt;
struct job;
struct predelivery_answer;

/* Ends in job_told(), now or later.  a NULL: no attempt was made, and then
 * before: what the hook said instead, or NULL.  Both are borrowed during the
 * call alone. */
void	after_judge(struct job *j, const struct attempt *a,
	    const struct predelivery_answer *before);
/* No script runs on: the default action, for all that have no verdict yet.
 * false: there is none. */
bool	after_cut(struct job *j);
void	after_end(struct job *j);

#endif
