/*
 * date - a point in time as header fields spell it (RFC 5322 3.3)
 *
 * Failure    none: a time that no calendar has shows as the epoch.
 * Process    pure.
 */
#ifndef MIME_DATE_H
#define MIME_DATE_H

#include <stdint.h>

#include "base/buf.h"

/* "Sun, 29 Nov 2026 00:12:34 +0000", of a Unix time. */
void	date_add(struct buf *b, int64_t when);

#endif
