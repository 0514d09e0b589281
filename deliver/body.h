/*
 * body - a job's message as the client engine reads it
 *
 * Ownership  borrows the job, whose content is open.
 * Failure    -1 with *e.
 */
#ifndef DELIVER_BODY_H
#define DELIVER_BODY_H

#include "base/err.h"
#include "send/request.h"

struct job;

int	body_open(struct job *j, struct send_body *body, struct err *e);

#endif
