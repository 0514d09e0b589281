/*
 * library_host - what a worker lends to all runs of its hooks
 *
 * Ownership  borrowed by every run; it lives as long as the worker.
 */
#ifndef HOOKS_LIBRARY_HOST_H
#define HOOKS_LIBRARY_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct dns;
struct hsl_cache;
struct loop;
struct netaddr_network;
struct origin;
struct queue_host;
struct share;
struct worker;

struct library_host {
	struct loop		*loop;
	struct dns		*dns;
	const struct origin	*origin;	/* where files lie */
	struct hsl_cache	*cache;		/* of all scripts; NULL: none */
	struct share		*share;		/* NULL: nothing is shared */
	struct share		*quotas;	/* NULL: there is no queue */
	const char		*hostname;	/* NULL: the machine's */
	const struct queue_host	*queue;		/* NULL: there is none */
	/* Sessions of an SMTP server, all or a network's (NULL: all); false:
	 * there is no such server.  NULL: nobody knows. */
	bool			(*sessions)(const struct worker *worker,
				    struct str server,
				    const struct netaddr_network *of,
				    uint64_t *count);
	const struct worker	*worker;	/* for it */
};

#endif
