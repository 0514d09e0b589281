/*
 * eod - the end-of-DATA hook
 *
 * One run per message.  $arguments["mail"]->send() delivers in-line; the
 * script is suspended meanwhile, the worker is not.
 *
 * Ownership  eod_hook_new() gives, eod_hook_free() takes and clears.  A run
 *            borrows everything in its request until done() is called or
 *            eod_cancel() returns.
 * Failure    eod_hook_new(): NULL after reports.  A script's failure is a
 *            verdict: a deferral; VERDICT_NONE if it ended without one.
 */
#ifndef HOOKS_EOD_H
#define HOOKS_EOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"
#include "hooks/hook.h"
#include "body/body.h"
#include "smtp/data.h"
#include "send/send.h"

struct eod_hook;
struct eod_run;
struct store_client;

/* How a delivery ended, for the worker's counters. */
struct eod_outcome {
	int		 code;		/* the backend's; 0: no answer */
	struct str	 host;		/* as the script named it */
	unsigned	 port;
	int64_t		 ms;		/* that it took */
};

/* What a worker sets once; strings are borrowed. */
struct eod_config {
	struct hook_config	 hook;
	const char		*myhostname;
	uint16_t		 send_port;
	const char		*source_addresses;	/* ID=ADDRESS ... */
	struct send_trust	 trust;
	int64_t			 inline_deadline_ms;
	int64_t			 end_timeout_ms;
	int64_t			 connect_timeout_ms;
	int64_t			 command_timeout_ms;
	int64_t			 idle_timeout_ms;
	size_t			 connection_limit;
	uint32_t		 transaction_limit;
	/* Where queue() goes; NULL: there is no queue. */
	struct store_client	*store;
	const char		*run_directory;	/* seen from the jail */
	/* Each send() that has ended; or NULL. */
	void			(*on_result)(const struct eod_outcome *o);
	/* What was queued is durable, or is refused; or NULL. */
	void			(*on_queued)(bool durable);
	/* Accept() of what no backend took; or NULL. */
	void			(*on_undelivered)(void);
};

struct eod_hook	*eod_hook_new(const struct eod_config *c, const char *file,
		    struct str script, hsl_diag_fn *report, void *arg);
void		 eod_hook_free(struct eod_hook **h);

struct eod_request {
	struct hook_request		 hook;	/* but for its args */
	struct body			*body;
	const struct smtp_scan		*scan;	/* of the body */
	bool				 tls_not_required; /* its header says */
	struct str			 message_id;	/* its header's */
	struct str			 trace;	/* sent before the body */
	struct hook_delivery		*last;	/* filled by each send() */
	/* Is the client there?  Asked with hook.arg, just before the end is
	 * sent. */
	bool				(*present)(void *arg);
};

struct eod_run	*eod_start(struct eod_hook *h, const struct eod_request *rq);
/* The end of the message has been given to a backend, or all of it to the
 * queue: the answer ends the run now, or, when a backend took the message or
 * may have taken it, the script. */
bool		 eod_end_sent(const struct eod_run *r);
void		 eod_cancel(struct eod_run **r);

#endif
