/*
 * account - what the log and the counters say of a notification
 */
#ifndef BOUNCE_ACCOUNT_H
#define BOUNCE_ACCOUNT_H

#include "dsn/notification.h"
#include "spool/spool_id.h"

void	account_made(const struct notification *n,
	    const struct dsn_order *order, const struct spool_id *parent,
	    int64_t ms);
void	account_failed(const struct spool_id *parent, const char *why);

#endif
