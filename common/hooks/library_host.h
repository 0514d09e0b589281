/*
 * library_host - what a worker lends to all runs of its hooks
 *
 * Ownership  borrowed by every run; it lives as long as the worker.
 */
#ifndef HOOKS_LIBRARY_HOST_H
#define HOOKS_LIBRARY_HOST_H

struct dns;
struct hsl_cache;
struct loop;
struct origin;
struct queue_host;
struct share;

struct library_host {
	struct loop		*loop;
	struct dns		*dns;
	const struct origin	*origin;	/* where files lie */
	struct hsl_cache	*cache;		/* of all scripts; NULL: none */
	struct share		*share;		/* NULL: nothing is shared */
	struct share		*quotas;	/* NULL: there is no queue */
	const char		*hostname;	/* NULL: the machine's */
	const struct queue_host	*queue;		/* NULL: there is none */
};

#endif
