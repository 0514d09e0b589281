/*
 * A run of a hook (hook.c) with an entry of the queue, and what became of it.
 *
 * However the script ends there is an answer: an end that it did not ask for,
 * and a failure, are the default action.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "postdelivery_values.h"
#include "queued_private.h"

struct postdelivery_run {
	struct queued_run		 q;	/* first */
	struct postdelivery_request	 rq;
};

static void
postdelivery_free(struct hook_run *run)
{
	struct postdelivery_run	*r = (struct postdelivery_run *)run;

	queued_fini(&r->q);
	free(r);
}

static void
postdelivery_variables(struct hook_run *run)
{
	struct postdelivery_run	*r = (struct postdelivery_run *)run;
	struct hsl_exec		*x = run->exec;

	hsl_set_variable(x, "arguments", postdelivery_arguments(x, &r->rq));
	hsl_set_variable(x, "message", queued_message(x, &r->q));
	if (r->rq.has_context)
		hsl_set_variable(x, "context", postdelivery_context(x,
		    &r->rq));
}

/* What a failed script said does not count: the verdict alone tells. */
static bool
postdelivery_before_done(struct hook_run *run)
{
	(void)queued_ended((struct queued_run *)run);
	return true;
}

static void
postdelivery_on_done(void *arg, const struct verdict *v)
{
	struct postdelivery_run		*r = arg;
	struct postdelivery_answer	 a;

	(void)v;
	queued_change_metadata(&r->q);
	a = (struct postdelivery_answer){
	    .action = (enum postdelivery_action)r->q.answer.action,
	    QUEUED_ANSWER(&r->q.answer) };
	r->rq.done(r->rq.arg, &a);
}

struct postdelivery_run *
postdelivery_start(struct hook *h, const struct postdelivery_request *rq)
{
	struct postdelivery_run	*r = xcalloc(1, sizeof *r);
	struct hook_request	 run = { .log = rq->log,
				    .done = postdelivery_on_done, .arg = r,
				    .working = rq->working,
				    .working_arg = rq->arg };

	r->rq = *rq;
	r->q.id = rq->id;
	r->q.entry = rq->entry;
	r->q.original = rq->original;
	r->q.modified = rq->modified;
	r->q.delivered = rq->by_default == POSTDELIVERY_DELIVERED;
	r->q.arena = (struct arena)ARENA_INIT;
	r->q.run.variables = postdelivery_variables;
	r->q.run.before_done = postdelivery_before_done;
	hook_run_init(&r->q.run, h, &run);
	r->q.run.free = postdelivery_free;
	return r;
}

void
postdelivery_cancel(struct postdelivery_run **rp)
{
	struct postdelivery_run	*r = *rp;

	*rp = NULL;
	if (r != NULL)
		postdelivery_free(&r->q.run);
}
