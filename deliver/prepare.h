/*
 * prepare - an entry before its attempt: is it tried, how, and where?
 *
 *	hook --Try(), or none is set--> routing --> PREPARED
 *	  '---Queue(), Bounce(), Delete()---------> VERDICT
 *
 * Ownership  the job's; prepare_end() gives back what it holds, whenever.
 * Failure    a verdict: it is tried again later.
 * Process    on the event loop.
 */
#ifndef DELIVER_PREPARE_H
#define DELIVER_PREPARE_H

struct job;

/* Ends in job_prepared() or job_told(), later. */
void	prepare_begin(struct job *j);
void	prepare_end(struct job *j);

#endif
