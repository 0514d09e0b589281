/*
 * bucket - rates over more than a minute, over a restart of qmgr
 *
 * A limiter that begins empty after a restart does no harm where its rate is
 * of seconds; one of 1000 a day would stop its mail for long.  What is taken
 * of such a bucket is noted in a file of the spool before the attempt leaves;
 * not synced: it is there after the death of this process, and after that of
 * the machine the bucket begins empty.
 *
 * Failure    logged; the bucket begins empty then.
 */
#ifndef QMGR_BUCKET_H
#define QMGR_BUCKET_H

#include "policies.h"

void	bucket_open(void);
void	bucket_close(void);
bool	bucket_is_long(const struct schedule_limits *l);
/* A pickup has paid these. */
void	bucket_note(const struct policy_match *m);
/* What was noted is with the kernel. */
void	bucket_write(void);

#endif
