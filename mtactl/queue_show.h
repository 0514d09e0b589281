/*
 * queue_show - fields of an entry, as people read them
 *
 * Process    reads the clock.
 */
#ifndef MTACTL_QUEUE_SHOW_H
#define MTACTL_QUEUE_SHOW_H

#include <jansson.h>

#include "base/buf.h"

/* Seconds as "119s", "12m", "3h", "5d". */
void	queue_show_span(struct buf *out, int64_t s);
/* Seconds until that time of the wall clock. */
int64_t	queue_show_until(const json_t *wall);
/* True: it is in `out`, or there is nothing to show of it. */
bool	queue_show_field(struct buf *out, const json_t *row, const char *name,
	    const json_t *v);

#endif
