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
 *            verdict: VERDICT_NONE, and the caller defers.
 */
#ifndef HOOKS_EOD_H
#define HOOKS_EOD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include "hooks/facts.h"
#include "hooks/library.h"
#include "hooks/verdict.h"
#include "hsl/hsl.h"
#include "smtp/body.h"
#include "smtp/data.h"

struct eod_hook;
struct eod_run;

/* What a worker sets once; strings are borrowed. */
struct eod_config {
	struct library_host	 host;
	const char		*myhostname;
	uint16_t		 send_port;
	int64_t			 inline_deadline_ms;
	int64_t			 end_timeout_ms;
	int64_t			 connect_timeout_ms;
	int64_t			 command_timeout_ms;
	int64_t			 idle_timeout_ms;
	size_t			 connection_limit;
	uint32_t		 transaction_limit;
	struct hsl_limits	 limits;
	/* As in struct hsl_host: where include and import look. */
	hsl_open_fn		*open;
	void			*open_arg;
	/* For counters; NULL: none. */
	void			(*on_result)(bool answered);
	void			(*on_error)(void);
};

struct eod_hook	*eod_hook_new(const struct eod_config *c, const char *file,
		    struct str script, hsl_diag_fn *report, void *arg);
void		 eod_hook_free(struct eod_hook **h);

struct eod_request {
	const struct hook_connection	*conn;
	const struct hook_transaction	*txn;
	const struct body		*body;
	const struct smtp_scan		*scan;	/* of the body */
	struct str			 trace;	/* sent before the body */
	const struct logctx		*log;
	struct hsl_frozen		**context; /* replaced at the end */
	/* Is the client there?  Asked just before the end is sent. */
	bool				(*present)(void *arg);
	/* Once, from the loop; the verdict is the callee's until it returns. */
	void				(*done)(void *arg,
					    const struct verdict *v);
	void				*arg;
};

struct eod_run	*eod_start(struct eod_hook *h, const struct eod_request *rq);
/* The end of the message has been given to a backend: its reply ends the run
 * now, or, when it took the message or may have taken it, the script. */
bool		 eod_end_sent(const struct eod_run *r);
void		 eod_cancel(struct eod_run **r);

#endif
