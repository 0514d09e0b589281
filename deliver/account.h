/*
 * account - what the log and the counters say of attempts
 *
 * Ownership  borrows everything.
 * Failure    none.
 */
#ifndef DELIVER_ACCOUNT_H
#define DELIVER_ACCOUNT_H

#include "job/job.h"

struct attempt;
struct job;
struct passage;

/* "done" */
const char *account_verdict(enum job_verdict verdict);
/* One recipient, with its verdict. */
void	account_attempt(const struct job *j, const struct passage *p);
/* All of them; a NULL: no attempt was made. */
void	account_job(const struct job *j, const struct attempt *a);
/* One address failed, and the next one is tried. */
void	account_tried(const struct job *j, const struct attempt *a);

#endif
