/*
 * counters - what the metrics service says, service -> counter -> number
 *
 * Failure    NULL: no such service, or no answer that makes sense.
 */
#ifndef MTACTL_COUNTERS_H
#define MTACTL_COUNTERS_H

#include <jansson.h>

json_t	*counters_fetch(const char *path);

#endif
