/*
 * report - the counters of all pages, summed by service
 */
#ifndef METRICS_REPORT_H
#define METRICS_REPORT_H

#include <stdbool.h>

#include "base/buf.h"

struct worker;

/* # HELP, # TYPE, halyard_NAME{service="..."} N (text format 0.0.4), by the
 * conventions of Prometheus: counters end in _total, units are in names. */
void	report_prometheus(const struct worker *w, struct buf *out);
/* {"SERVICE": {"NAME": N, ...}, ...} */
void	report_json(const struct worker *w, struct buf *out);
/* Does every service that ever took a session take more?  Why not goes to
 * out. */
bool	report_ready(const struct worker *w, struct buf *out);

#endif
