/*
 * A run of a hook (hook.c) with an entry of the queue instead of a session.
 *
 * $context is frozen when it is known that the entry is tried: by Try(), where
 * too much of it can still be caught, or at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hooks/run/context.h"
#include "hsl/frozen.h"

#include "queued_end.h"
#include "queued_private.h"

#define ERROR_DELAY_MS	300000

static void
predelivery_free(struct hook_run *run)
{
	struct predelivery_run	*r = (struct predelivery_run *)run;

	hook_run_fini(&r->run);
	hsl_frozen_free(&r->context);
	arena_free(&r->arena);
	free(r);
}

static void
predelivery_variables(struct hook_run *run)
{
	struct predelivery_run	*r = (struct predelivery_run *)run;
	struct hsl_exec		*x = run->exec;
	struct hsl_value	 arguments = hsl_array(x);

	hsl_array_set(x, arguments, "retry",
	    hsl_number((double)r->rq.retry));
	hsl_set_variable(x, "arguments", arguments);
	hsl_set_variable(x, "message", queued_message(x, &r->rq));
	hsl_set_variable(x, "context", hsl_none());
}

/* ---- The end ------------------------------------------------------------- */

int
predelivery_keep_context(struct predelivery_run *r, struct err *e)
{
	struct hsl_value	v = hsl_get_variable(r->run.exec, "context");

	hsl_frozen_free(&r->context);
	r->answer.context = STR_NONE;
	if (v.type == HSL_NONE || v.type == HSL_UNDEF)
		return 0;
	if (hsl_freeze(v, JOB_CONTEXT_MAX, &r->context, e) == -1)
		return err_wrap(e, "$context");
	r->answer.context = hsl_frozen_bytes(r->context);
	if (r->answer.context.len > JOB_CONTEXT_MAX)
		return err_set(e, "$context is more than %d bytes",
		    JOB_CONTEXT_MAX);
	return 0;
}

static void
predelivery_fail(struct predelivery_run *r)
{
	r->answer = (struct predelivery_answer){ .action = PREDELIVERY_QUEUE,
	    .has_delay = true, .delay_ms = ERROR_DELAY_MS,
	    .reason = STR("error in the script of hook_predelivery") };
}

/* An end that nobody asked for is Try(); the context of one that did is kept
 * already. */
static bool
predelivery_before_done(struct hook_run *run)
{
	struct predelivery_run	*r = (struct predelivery_run *)run;
	struct err		 e;

	if (run->data.verdict.action != VERDICT_ACCEPT) {
		predelivery_fail(r);
		return true;
	}
	if (hsl_exited(run->exec))
		return true;
	memset(&r->answer, 0, sizeof r->answer);
	if (predelivery_keep_context(r, &e) == 0)
		return true;
	LOG(EV_HOOK_ERROR, run->rq.log, LOG_STR("hook", "predelivery"),
	    LOG_STR("variable", "context"), LOG_STR("reason", e.text));
	predelivery_fail(r);
	return true;
}

static void
predelivery_on_done(void *arg, const struct verdict *v)
{
	struct predelivery_run	*r = arg;

	(void)v;
	if (r->has_metadata) {
		r->answer.change.changed |= STATE_CHANGED_METADATA;
		r->answer.change.metadata = r->metadata;
	}
	r->rq.done(r->rq.arg, &r->answer);
}

/* ---- The beginning ------------------------------------------------------- */

struct predelivery_run *
predelivery_start(struct hook *h, const struct predelivery_request *rq)
{
	struct predelivery_run	*r = xcalloc(1, sizeof *r);
	struct hook_request	 run = { .log = rq->log,
				    .done = predelivery_on_done, .arg = r,
				    .working = rq->working,
				    .working_arg = rq->arg };

	r->rq = *rq;
	r->arena = (struct arena)ARENA_INIT;
	r->run.variables = predelivery_variables;
	r->run.before_done = predelivery_before_done;
	hook_run_init(&r->run, h, &run);
	r->run.free = predelivery_free;
	return r;
}

void
predelivery_cancel(struct predelivery_run **rp)
{
	struct predelivery_run	*r = *rp;

	*rp = NULL;
	if (r != NULL)
		predelivery_free(&r->run);
}
