/*
 * attempt - one job's transaction: from the job to a request, and back
 *
 * Ownership  the job's; attempt_end() gives back what it holds, whenever.
 * Failure    a verdict on each recipient.
 */
#ifndef DELIVER_ATTEMPT_H
#define DELIVER_ATTEMPT_H

#include <stdbool.h>

struct job;

/* Ends in job_told(), now or later. */
void		 attempt_begin(struct job *j);
void		 attempt_end(struct job *j);
/* Cut off, as if nothing had been tried; false: its message may have been
 * taken. */
bool		 attempt_cut(struct job *j);
/* Whose work is done from now on, and to be blamed if this process dies of it;
 * NULL: nobody's.  Returns who it was before. */
const struct job *attempt_working(const struct job *j);

#endif
