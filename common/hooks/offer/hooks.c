#include <stdio.h>
#include <string.h>

#include "hooks/mail/eod_private.h"
#include "hooks/library/file.h"
#include "hooks/hook.h"
#include "hooks/hooks.h"

/* What every hook but disconnect may say; they differ in Accept(). */
#define REJECT(code)							\
	{ "Reject", 0, 2, terminate_reject, "Reject([reason[, options]])", \
	    "Answer " #code ", or what options say, and end the script." }
#define DEFER(code)							\
	{ "Defer", 0, 2, terminate_defer, "Defer([reason[, options]])",	\
	    "Answer " #code ", or what options say, and end the script." }
#define FN(name, min, max, signature, text)				\
	{ #name, min, max, library_##name, signature, text },
#define END	{ NULL, 0, 0, NULL, NULL, NULL }

static const struct hsl_function	connect_functions[] = {
	{ "Accept", 0, 1, terminate_accept_connect, "Accept([options])",
	    "Greet the client; options: remoteip, remoteptr, priority, "
	    "reason, disconnect." },
	REJECT(521 and close), DEFER(421 and close),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	helo_functions[] = {
	{ "Accept", 0, 1, terminate_accept_helo, "Accept([options])",
	    "Answer 250; options: host, extensions (all to be offered)." },
	REJECT(554), DEFER(450),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	proxy_functions[] = {
	{ "Pass", 0, 1, terminate_pass_command, "Pass([options])",
	    "Hand the command on; option: command, the line to use." },
	{ "Reply", 0, 2, terminate_reply, "Reply([reason[, options]])",
	    "Answer 250, or what options say; the command is not seen." },
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	auth_functions[] = {
	{ "Accept", 0, 1, terminate_accept_auth, "Accept([options])",
	    "Answer 235; option: username." },
	{ "Reply", 0, 2, terminate_challenge, "Reply([reply[, options]])",
	    "Answer 334 with reply in base64, and run again with the "
	    "client's response." },
	REJECT(535), DEFER(454),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	mailfrom_functions[] = {
	{ "Accept", 0, 1, terminate_accept_sender, "Accept([options])",
	    "Answer 250; option: sender, the address to go on with." },
	REJECT(554), DEFER(450),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	rcptto_functions[] = {
	{ "Accept", 0, 1, terminate_accept_recipient, "Accept([options])",
	    "Answer 250; options: recipient, transportid." },
	REJECT(554), DEFER(450),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	eod_functions[] = {
	{ "Accept", 0, 2, terminate_accept, "Accept([reason[, options]])",
	    "Answer 250, or what options say, and end the script." },
	REJECT(550), DEFER(421),
#include "hooks/library/library.def"
	END
};

static const struct hsl_function	disconnect_functions[] = {
	{ "Pass", 0, 0, terminate_pass, "Pass()", "End the script." },
#include "hooks/library/library.def"
	END
};

static const struct hsl_class	*const eod_classes[] = { &mail_class,
    &file_class, NULL };
static const struct hsl_class	*const classes[] = { &file_class, NULL };

static const struct hsl_variable	session_variables[] = {
	{ "arguments", true },
	{ "connection", true },
	{ "transaction", true },
	{ "context", false },
	{ NULL, false }
};

static bool	hooks_elsewhere(struct str name, char *text, size_t size);

/* What a script of its own includes or imports may be a hook's, too. */
static const struct hsl_advice	advice = { .elsewhere = hooks_elsewhere },
	script_advice = { .elsewhere = hooks_elsewhere,
	    .foreign = session_variables };

#define SESSION_HOST(fns)						\
	{ .functions = fns, .classes = classes,				\
	    .variables = session_variables, .barriers = &library_barriers, \
	    .advice = &advice }

static const char *const	eod_first[] = { "send", "queue", NULL };
static const char *const	eod_ends[] = { "Reject", "Defer", NULL };
static const struct hsl_order	eod_order = { .then = "Accept",
    .first = eod_first, .ends = eod_ends,
    .text = "Accept() without a send() or queue() before it: the client is "
    "told that the message was taken, and nobody has it" };
static const struct hsl_advice	eod_advice = { .order = &eod_order,
    .elsewhere = hooks_elsewhere };

static const struct hsl_host	hosts[HOOK_MAX] = {
	[HOOK_CONNECT] = SESSION_HOST(connect_functions),
	[HOOK_HELO] = SESSION_HOST(helo_functions),
	[HOOK_PROXY] = SESSION_HOST(proxy_functions),
	[HOOK_AUTH] = SESSION_HOST(auth_functions),
	[HOOK_MAILFROM] = SESSION_HOST(mailfrom_functions),
	[HOOK_RCPTTO] = SESSION_HOST(rcptto_functions),
	[HOOK_EOD] = { .functions = eod_functions, .classes = eod_classes,
	    .variables = session_variables, .barriers = &library_barriers,
	    .advice = &eod_advice },
	[HOOK_DISCONNECT] = SESSION_HOST(disconnect_functions),
};

static const struct hsl_function	script_functions[] = {
#include "hooks/library/library.def"
	END
};

const struct hsl_host	hooks_script_host = { .functions = script_functions,
	.classes = classes, .barriers = &library_barriers,
	.advice = &script_advice };

static bool
hooks_has(const struct hsl_host *host, struct str name)
{
	const struct hsl_function	*f;

	for (f = host->functions; f->name != NULL; f++)
		if (str_eq(str_of(f->name), name))
			return true;
	return false;
}

/* A function of some hooks, where there is none or another: which are they? */
static bool
hooks_elsewhere(struct str name, char *text, size_t size)
{
	bool	found = false;
	int	i;

	(void)snprintf(text, size, "%.*s() is a function of hooks: ",
	    (int)name.len, name.p);
	for (i = 0; i < HOOK_MAX; i++) {
		if (!hooks_has(&hosts[i], name))
			continue;
		if (found)
			(void)strlcat(text, ", ", size);
		(void)strlcat(text, hook_name((enum hook_kind)i), size);
		found = true;
	}
	return found;
}

const struct hsl_host *
hooks_host(enum hook_kind kind)
{
	return &hosts[kind];
}

const struct hsl_host *
hooks_host_named(const char *hook)
{
	int	i;

	for (i = 0; i < HOOK_MAX; i++)
		if (strcmp(hook, hook_name((enum hook_kind)i)) == 0)
			return &hosts[i];
	return NULL;
}
