/*
 * hook - the scripts of a session, and the runs of one
 *
 * One run each time; the script may be suspended, the worker is not.  The
 * end of DATA is such a run with delivery and deadline on top: eod.h.
 *
 * Ownership  hook_new() gives, hook_free() takes and clears.  A run borrows
 *            everything in its request until done() is called or
 *            hook_cancel() returns.
 * Failure    hook_new(): NULL after reports.  A script's failure is a
 *            verdict: what Defer() without arguments says in that hook.
 */
#ifndef HOOKS_HOOK_H
#define HOOKS_HOOK_H

#include "base/log.h"
#include "hooks/facts.h"
#include "hooks/library_host.h"
#include "hooks/verdict.h"
#include "hsl/hsl.h"
#include "smtp/reply.h"

struct hook;
struct hook_run;

/* The rows of conf/hooks.def. */
enum hook_kind {
#define HOOK(id, name, program, implicit, offers, help)	HOOK_##id,
#include "conf/hooks.def"
	HOOK_MAX
};

struct hook_config {
	const struct hsl_host	*offers;	/* hooks_host() */
	struct library_host	 host;
	struct hsl_limits	 limits;
	/* As in struct hsl_host, in whose place they stand. */
	hsl_open_fn		*open;
	void			*open_arg;
	void			(*on_error)(void);	/* for a counter */
	hsl_diag_fn		*warn;		/* as report; NULL: unwanted */
};

struct hook	*hook_new(enum hook_kind kind, const struct hook_config *c,
		    const char *file, struct str script, hsl_diag_fn *report,
		    void *arg);
void		 hook_free(struct hook **h);
const char	*hook_name(enum hook_kind kind);

/* What went wrong with a connection. */
struct hook_failure {
	const char	*type;		/* "socket", "tls" */
	char		*reason;
	unsigned long	 code;		/* errno, or OpenSSL's */
};

/* What $arguments is made of; each hook reads its own. */
struct hook_arguments {
	const char			*verb;		/* helo */
	struct str			 host;		/* helo */
	const struct str		*extensions;	/* helo, of EHLO */
	size_t				 extension_count;
	const struct smtp_path		*path;		/* mailfrom, rcptto */
	const struct hook_params	*params;	/* mailfrom, rcptto */
	bool				 is_recipient;	/* rcptto */
	const char			*transportid;	/* rcptto; or NULL */
	const char			*close;		/* disconnect */
	const struct smtp_reply		*reply;		/* ours; NULL: none */
	const char			*reply_to;	/* "MAIL", "EOD" */
	const struct hook_failure	*failure;	/* NULL: none */
	struct str			 command;	/* proxy */
	const char			*mechanism;	/* auth */
	struct str			 authorization;	/* auth: PLAIN */
	struct str			 username;	/* auth: PLAIN, LOGIN */
	struct str			 password;
	bool				 has_password;
	int				 state;		/* auth: others */
	struct str			 response;
	bool				 has_response;
};

struct hook_request {
	const struct hook_connection	*conn;
	const struct hook_transaction	*txn;		/* NULL: none yet */
	const char			*txn_id;	/* then: its id to be */
	struct hook_arguments		 args;
	const struct logctx		*log;
	struct hsl_frozen		**context; /* replaced at the end;
						    * NULL: not kept */
	struct hsl_cache		**message_cache; /* NULL: this run's */
	/* Once, from the loop; the run is over when it returns. */
	void				(*done)(void *arg,
					    const struct verdict *v);
	void				*arg;
	/* Whose script runs from now on, and that it has stopped (false); or
	 * NULL. */
	void				(*working)(void *arg, bool now);
	void				*working_arg;
};

struct hook_run	*hook_start(struct hook *h, const struct hook_request *rq);
void		 hook_cancel(struct hook_run **r);

#endif
