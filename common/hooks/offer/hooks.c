/*
 * What each hook offers to its script: the functions that end it, by the rows
 * of conf/hooks.def; those of library.def, which all have; classes and
 * variables.
 */
#include <stdio.h>
#include <string.h>

#include "hooks/hook.h"
#include "hooks/hooks.h"
#include "hooks/library/file.h"
#include "hooks/mail/eod_private.h"
#include "hooks/mail/script_mail.h"
#include "hooks/queued/queued_end.h"
#include "hooks/run/terminate.h"

#define FN(name, min, max, signature, text)				\
	{ #name, min, max, library_##name, signature, text },
#define END	{ NULL, 0, 0, NULL, NULL, NULL }

static const struct ending {
	enum hook_kind		kind;
	struct hsl_function	function;
} endings[] = {
#define ENDS(hook, name, min, max, native, signature, text)		\
	{ HOOK_##hook, { name, min, max, terminate_##native, signature,	\
	    text } },
#define OWN(hook, name, min, max, native, signature, text)		\
	{ HOOK_##hook, { name, min, max, queued_##native, signature,	\
	    text } },
#include "conf/hooks.def"
};

#define ENDINGS	(sizeof endings / sizeof endings[0])

static const struct hsl_class	*const mail_classes[] = { &mail_class,
    &script_mail_class, &file_class, NULL };
static const struct hsl_class	*const classes[] = { &script_mail_class,
    &file_class, NULL };

static const struct hsl_variable	session_variables[] = {
	{ "arguments", true },
	{ "connection", true },
	{ "transaction", true },
	{ "context", false },
	{ NULL, false }
};

static const struct hsl_variable	queued_variables[] = {
	{ "arguments", true },
	{ "message", true },
	{ "context", false },
	{ NULL, false }
};

/* The other hook's, to be read. */
static const struct hsl_variable	tried_variables[] = {
	{ "arguments", true },
	{ "message", true },
	{ "context", true },
	{ NULL, false }
};

/* Of scripts that hooks include. */
static const struct hsl_variable	all_variables[] = {
	{ "arguments", true },
	{ "connection", true },
	{ "transaction", true },
	{ "message", true },
	{ "context", false },
	{ NULL, false }
};

static bool	hooks_elsewhere(struct str name, char *text, size_t size);

/* What a script of its own includes or imports may be a hook's, too. */
static const struct hsl_advice	advice = { .elsewhere = hooks_elsewhere },
	script_advice = { .elsewhere = hooks_elsewhere,
	    .foreign = all_variables };

static const char *const	mail_first[] = { "send", "queue", NULL };
static const char *const	mail_ends[] = { "Reject", "Defer", NULL };
static const struct hsl_order	mail_order = { .then = "Accept",
    .first = mail_first, .ends = mail_ends,
    .text = "Accept() without a send() or queue() before it: the client is "
    "told that the message was taken, and nobody has it" };
static const struct hsl_advice	mail_advice = { .order = &mail_order,
    .elsewhere = hooks_elsewhere };

static const struct hsl_function	script_functions[] = {
#include "hooks/library/library.def"
	END
};

const struct hsl_host	hooks_script_host = { .functions = script_functions,
	.classes = classes, .barriers = &library_barriers,
	.advice = &script_advice };

#define FUNCTIONS	(ENDINGS + sizeof script_functions /		\
			    sizeof script_functions[0])
#define OFFER_SESSION							\
	{ .classes = classes, .advice = &advice,			\
	  .variables = session_variables }
#define OFFER_MAIL							\
	{ .classes = mail_classes, .advice = &mail_advice,		\
	  .variables = session_variables }
#define OFFER_QUEUED							\
	{ .classes = classes, .advice = &advice,			\
	  .variables = queued_variables }
#define OFFER_TRIED							\
	{ .classes = classes, .advice = &advice,			\
	  .variables = tried_variables }

static struct hsl_function	functions[HOOK_MAX][FUNCTIONS];
static struct hsl_host		hosts[HOOK_MAX] = {
#define HOOK(id, name, program, implicit, offers, help)			\
	[HOOK_##id] = OFFER_##offers,
#include "conf/hooks.def"
};

/* Once: the hook's own functions, then those of all. */
static void
hooks_fill(enum hook_kind kind)
{
	struct hsl_function	*f = functions[kind];
	size_t			 i;

	for (i = 0; i < ENDINGS; i++)
		if (endings[i].kind == kind)
			*f++ = endings[i].function;
	memcpy(f, script_functions, sizeof script_functions);
	hosts[kind].functions = functions[kind];
	hosts[kind].barriers = &library_barriers;
}

const struct hsl_host *
hooks_host(enum hook_kind kind)
{
	if (hosts[kind].functions == NULL)
		hooks_fill(kind);
	return &hosts[kind];
}

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
		if (!hooks_has(hooks_host((enum hook_kind)i), name))
			continue;
		if (found)
			(void)strlcat(text, ", ", size);
		(void)strlcat(text, hook_name((enum hook_kind)i), size);
		found = true;
	}
	return found;
}

const struct hsl_host *
hooks_host_named(const char *hook)
{
	int	i;

	for (i = 0; i < HOOK_MAX; i++)
		if (strcmp(hook, hook_name((enum hook_kind)i)) == 0)
			return hooks_host((enum hook_kind)i);
	return NULL;
}
