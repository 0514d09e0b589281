/*
 * queue_host - what a worker lends to scripts that queue mail of their own
 *
 * Ownership  borrowed by every run; it lives as long as the worker.
 */
#ifndef HOOKS_QUEUE_HOST_H
#define HOOKS_QUEUE_HOST_H

#include <stdbool.h>
#include <stdint.h>

struct body_store;
struct store_client;
struct transports;

struct queue_host {
	struct store_client	*store;
	struct body_store	*bodies;
	/* What send() and queue() of runs that begin now may name; each holds
	 * on to it until it ends.  NULL: there are none. */
	struct transports	*transports;
	const char		*hostname;	/* in Received, Message-ID */
	const char		*serverid;
	uint64_t		 size_limit;	/* bytes of a message */
	unsigned		 hop_limit;	/* Received fields */
	bool			 received;	/* put one before each */
	/* A message is durable, or is refused; or NULL. */
	void			(*on_queued)(bool durable);
};

#endif
