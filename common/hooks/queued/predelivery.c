/*
 * A run of a hook (hook.c) with an entry of the queue instead of a session.
 *
 * $context is frozen when it is known that the entry is tried: by Try(), where
 * too much of it can still be caught, or at the end.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hsl/frozen.h"

#include "queued_end.h"
#include "queued_private.h"

#define ERROR_DELAY_MS	300000

void
queued_fini(struct queued_run *r)
{
	hook_run_fini(&r->run);
	arena_free(&r->arena);
}

static void
predelivery_free(struct hook_run *run)
{
	struct predelivery_run	*r = (struct predelivery_run *)run;

	queued_fini(&r->q);
	hsl_frozen_free(&r->context);
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
	hsl_set_variable(x, "message", queued_message(x, &r->q));
	hsl_set_variable(x, "context", hsl_none());
}

/* ---- The end ------------------------------------------------------------- */

int
predelivery_keep_context(struct predelivery_run *r, struct err *e)
{
	struct hsl_value	v = hsl_get_variable(r->q.run.exec, "context");

	hsl_frozen_free(&r->context);
	r->context_bytes = STR_NONE;
	if (v.type == HSL_NONE || v.type == HSL_UNDEF)
		return 0;
	if (hsl_freeze(v, JOB_CONTEXT_MAX, &r->context, e) == -1)
		return err_wrap(e, "$context");
	r->context_bytes = hsl_frozen_bytes(r->context);
	if (r->context_bytes.len > JOB_CONTEXT_MAX)
		return err_set(e, "$context is more than %d bytes",
		    JOB_CONTEXT_MAX);
	return 0;
}

static void
predelivery_fail(struct predelivery_run *r)
{
	r->context_bytes = STR_NONE;
	r->q.answer = (struct queued_answer){ .action = QUEUED_QUEUE,
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

	if (!queued_ended(&r->q)) {
		predelivery_fail(r);
		return true;
	}
	if (r->context != NULL || predelivery_keep_context(r, &e) == 0)
		return true;
	LOG(EV_HOOK_ERROR, run->rq.log, LOG_STR("hook", "predelivery"),
	    LOG_STR("variable", "context"), LOG_STR("reason", e.text));
	if (r->q.answer.action == QUEUED_GOES_ON)
		predelivery_fail(r);
	return true;
}

static void
predelivery_on_done(void *arg, const struct verdict *v)
{
	struct predelivery_run		*r = arg;
	struct predelivery_answer	 a;

	(void)v;
	queued_change_metadata(&r->q);
	a = (struct predelivery_answer){ .wish = r->wish,
	    .action = (enum predelivery_action)r->q.answer.action,
	    .context = r->context_bytes, QUEUED_ANSWER(&r->q.answer) };
	r->rq.done(r->rq.arg, &a);
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
	r->q.id = rq->id;
	r->q.entry = rq->entry;
	r->q.original = rq->original;
	r->q.modified = rq->modified;
	r->q.arena = (struct arena)ARENA_INIT;
	r->q.run.variables = predelivery_variables;
	r->q.run.before_done = predelivery_before_done;
	hook_run_init(&r->q.run, h, &run);
	r->q.run.free = predelivery_free;
	return r;
}

void
predelivery_cancel(struct predelivery_run **rp)
{
	struct predelivery_run	*r = *rp;

	*rp = NULL;
	if (r != NULL)
		predelivery_free(&r->q.run);
}
