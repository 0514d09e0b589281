/*
 * terminate - Accept(), Reject(), Defer(): natives that end a hook
 *
 * Each takes ([reason[, options]]): reason a string or an array of strings,
 * options reply_codes {code, enhanced} and disconnect.  What they say goes to
 * the verdict at the front of the host's data.
 */
#ifndef HOOKS_TERMINATE_H
#define HOOKS_TERMINATE_H

#include "hooks/library/library.h"
#include "hooks/verdict.h"
#include "hsl/hsl.h"

hsl_native	terminate_accept;
hsl_native	terminate_reject;
hsl_native	terminate_defer;
/* Accept([options]) of the early hooks, with what each may change. */
hsl_native	terminate_accept_connect;	/* remoteip, remoteptr, .. */
hsl_native	terminate_accept_helo;		/* host, extensions */
hsl_native	terminate_accept_sender;	/* sender */
hsl_native	terminate_accept_recipient;	/* recipient, transportid */
hsl_native	terminate_accept_auth;		/* username */
hsl_native	terminate_pass;			/* disconnect */
hsl_native	terminate_pass_command;		/* proxy: command */
hsl_native	terminate_reply;		/* proxy: 250 */
hsl_native	terminate_challenge;		/* auth: 334, one string */

/* The front of a run's data (hsl_data()). */
struct hook_data {
	struct library	library;	/* first: library_of() */
	struct verdict	verdict;
};

#endif
