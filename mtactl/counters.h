/*
 * counters - what the metrics service says, service -> counter -> number
 *
 * Failure    NULL: no such service, or no answer that makes sense.
 */
#ifndef MTACTL_COUNTERS_H
#define MTACTL_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

json_t	*counters_fetch(const char *path);
/* The service is there, and not for this user. */
bool	 counters_barred(const char *path);
/* A counter, over all services. */
int64_t	 counters_sum(json_t *counters, const char *name);

#endif
