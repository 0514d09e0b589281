#include <string.h>

#include "eod_private.h"
#include "hooks.h"

static const struct hsl_function	eod_functions[] = {
	{ "Accept", 0, 2, terminate_accept, "Accept([reason[, options]])",
	    "Answer 250, or what options say, and end the script." },
	{ "Reject", 0, 2, terminate_reject, "Reject([reason[, options]])",
	    "Answer 550, or what options say, and end the script." },
	{ "Defer", 0, 2, terminate_defer, "Defer([reason[, options]])",
	    "Answer 421, or what options say, and end the script." },
	{ NULL, 0, 0, NULL, NULL, NULL }
};

static const struct hsl_class	*const eod_classes[] = { &mail_class, NULL };

static const struct hsl_variable	eod_variables[] = {
	{ "arguments", true },
	{ "connection", true },
	{ "transaction", true },
	{ "context", false },
	{ NULL, false }
};

static const struct hsl_host	eod_host = {
	.functions = eod_functions,
	.classes = eod_classes,
	.variables = eod_variables,
};

const struct hsl_host *
hooks_host(const char *hook)
{
	return strcmp(hook, "eod") == 0 ? &eod_host : NULL;
}
