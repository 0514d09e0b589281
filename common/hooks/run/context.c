/*
 * $context between two runs, and the log line of a run that failed.
 */
#include "context.h"

#define CONTEXT_MAX	(1024 * 1024)

struct hsl_value
context_bring(struct hsl_exec *x, struct hsl_frozen *const *kept)
{
	return *kept != NULL ? hsl_thaw(x, *kept) : hsl_none();
}

void
context_keep(struct hsl_exec *x, struct hsl_frozen **kept,
    const struct logctx *log, const char *hook)
{
	struct hsl_frozen	*frozen = NULL;
	struct err		 e;

	if (hsl_freeze(hsl_get_variable(x, "context"), CONTEXT_MAX, &frozen,
	    &e) == -1) {
		LOG(EV_HOOK_ERROR, log, LOG_STR("hook", hook),
		    LOG_STR("variable", "context"),
		    LOG_STR("reason", e.text));
		return;
	}
	hsl_frozen_free(kept);
	*kept = frozen;
}

void
hook_log_failure(const struct hsl_exec *x, const struct logctx *log,
    const char *hook)
{
	const struct hsl_failure	*f = hsl_error(x);

	LOG(EV_HOOK_ERROR, log, LOG_STR("hook", hook),
	    LOG_STR("file", f->file), LOG_NUM("line", f->line),
	    LOG_NUM("column", f->column), LOG_STR("reason", f->text));
}
