/*
 * report - the counters of all pages, summed by service
 */
#ifndef METRICS_REPORT_H
#define METRICS_REPORT_H

#include "base/buf.h"

struct worker;

/* # HELP, # TYPE, halyard_NAME{service="..."} N (text format 0.0.4) */
void	report_prometheus(const struct worker *w, struct buf *out);
/* {"SERVICE": {"NAME": N, ...}, ...} */
void	report_json(const struct worker *w, struct buf *out);

#endif
