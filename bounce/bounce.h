/*
 * bounce - what the parts of a bounce(8) worker share
 *
 *	mailroom.c  the connection to qmgr: what it asks for, what it is told
 *	job.c       one notification: from the order to the spool
 *	account.c   what the log and the counters say
 *
 * Process  one event loop.  Reading an original and signing block it for a
 *          moment; cleanup is waited for in the loop.
 */
#ifndef BOUNCE_BOUNCE_H
#define BOUNCE_BOUNCE_H

#include "body/body.h"
#include "dsn/template.h"
#include "proc/daemon.h"
#include "store/store.h"

struct bounce {
	struct worker		*worker;
	struct loop		*loop;
	const struct params	*params;
	struct templates	*templates;
	struct body_store	 bodies;
	struct store_client	*store;
};

extern struct bounce	bounce;

#endif
