/*
 * queued_end - Try(), Default(), Queue(), Bounce(), Delete(), and metadata
 *
 * Natives of the hooks of the queue's entries.  What a call says goes to the
 * run's answer, all of it or nothing.
 */
#ifndef HOOKS_QUEUED_END_H
#define HOOKS_QUEUED_END_H

#include "base/err.h"
#include "hsl/hsl.h"

struct predelivery_run;

hsl_native	terminate_try;
hsl_native	terminate_default;
hsl_native	terminate_queue;
hsl_native	terminate_bounce;
hsl_native	terminate_delete;
hsl_native	queued_set_metadata;
hsl_native	queued_get_metadata;

/* $context as bytes; -1 with *e: it is no data, or too much. */
int	predelivery_keep_context(struct predelivery_run *r, struct err *e);

#endif
