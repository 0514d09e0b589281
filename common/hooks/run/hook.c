/*
 * A run's life: begun from a task (so that done() never comes inside
 * hook_start), run in slices, ended once.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hooks/queue_host.h"
#include "schedule/transport.h"

#include "context.h"
#include "hook_private.h"
#include "values.h"

static const struct {
	const char		*name;
	enum verdict_action	 implicit;
} hook_rows[HOOK_MAX] = {
#define HOOK(id, name, program, implicit, offers, help)			\
	[HOOK_##id] = { #name, VERDICT_##implicit },
#include "conf/hooks.def"
};

const char *
hook_name(enum hook_kind kind)
{
	return hook_rows[kind].name;
}

int
hook_init(struct hook *h, const char *file, struct str script,
    hsl_diag_fn *report, void *arg)
{
	struct hsl_host	 host = *h->config.offers;

	host.open = h->config.open;
	host.open_arg = h->config.open_arg;
	host.cache = h->config.host.cache;
	host.warn = h->config.warn;
	host.warn_arg = arg;
	h->program = hsl_compile(&host, file, script, report, arg);
	return h->program != NULL ? 0 : -1;
}

void
hook_fini(struct hook *h)
{
	hsl_program_unref(&h->program);
}

struct hook *
hook_new(enum hook_kind kind, const struct hook_config *c, const char *file,
    struct str script, hsl_diag_fn *report, void *arg)
{
	struct hook	*h = xcalloc(1, sizeof *h);

	h->kind = kind;
	h->config = *c;
	if (hook_init(h, file, script, report, arg) == -1)
		hook_free(&h);
	return h;
}

void
hook_free(struct hook **hp)
{
	struct hook	*h = *hp;

	if (h == NULL)
		return;
	hook_fini(h);
	free(h);
	*hp = NULL;
}

/* ---- The end of a run -------------------------------------------------- */

void
hook_run_fini(struct hook_run *r)
{
	library_end(&r->data.library);
	hsl_exec_free(&r->exec);
	timer_fini(&r->again);
	loop_cancel(r->hook->config.host.loop, &r->begin);
	verdict_fini(&r->data.verdict);
	transports_free(&r->transports);
}

static void
run_free(struct hook_run *r)
{
	hook_run_fini(r);
	free(r);
}

void
hook_run_report(struct hook_run *r)
{
	r->rq.done(r->rq.arg, &r->data.verdict);
	r->free(r);
}

static void
run_finish(struct hook_run *r)
{
	if (r->rq.context != NULL)
		context_keep(r->exec, r->rq.context, r->rq.log,
		    hook_name(r->hook->kind));
	if (r->before_done == NULL || r->before_done(r))
		hook_run_report(r);
}

void
hook_run_defer(struct hook_run *r, int code, const char *text)
{
	struct verdict	*v = &r->data.verdict;

	verdict_fini(v);
	v->action = VERDICT_DEFER;
	v->code = code;
	verdict_add_line(v, str_of(text));
	run_finish(r);
}

static void
run_failed(struct hook_run *r)
{
	hook_log_failure(r->exec, r->rq.log, hook_name(r->hook->kind));
	if (r->hook->config.on_error != NULL)
		r->hook->config.on_error();
	hook_run_defer(r, 0, "Local error in processing");
}

static void
run_slice(struct hook_run *r)
{
	switch (hsl_run(r->exec)) {
	case HSL_RUN_DONE:
		if (!hsl_exited(r->exec))
			r->data.verdict.action =
			    hook_rows[r->hook->kind].implicit;
		run_finish(r);
		break;
	case HSL_RUN_ERROR:
		run_failed(r);
		break;
	case HSL_RUN_YIELD:
		timer_start(&r->again, 0);
		break;
	case HSL_RUN_WAIT:
		break;
	}
}

/* The run may have ended behind it. */
void
hook_run_slice(void *run)
{
	struct hook_run	*r = run;
	void		(*working)(void *arg, bool now) = r->rq.working;
	void		*arg = r->rq.working_arg;

	if (working != NULL)
		working(arg, true);
	run_slice(r);
	if (working != NULL)
		working(arg, false);
}

/* ---- The beginning ----------------------------------------------------- */

static void
run_echo(void *arg, struct str text)
{
	struct hook_run	*r = arg;

	LOG(EV_HOOK_ECHO, r->rq.log, LOG_WHOLE("text", text));
}

/* $arguments of the end of DATA is eod.c's to set. */
static void
run_variables(struct hook_run *r)
{
	struct hsl_exec		*x = r->exec;
	const struct hook_request *rq = &r->rq;
	enum hook_kind		 kind = r->hook->kind;

	if (r->variables != NULL) {
		r->variables(r);
		return;
	}
	if (kind != HOOK_EOD)
		hsl_set_variable(x, "arguments", kind == HOOK_CONNECT ?
		    values_connect(x, rq->conn) :
		    values_arguments(x, &rq->args));
	hsl_set_variable(x, "connection", kind == HOOK_CONNECT ?
	    values_connection_id(x, rq->conn) :
	    values_connection(x, rq->conn));
	hsl_set_variable(x, "transaction", rq->txn != NULL ?
	    values_transaction(x, rq->txn) :
	    values_transaction_id(x, rq->txn_id));
	hsl_set_variable(x, "context", context_bring(x, rq->context));
}

void
hook_run_init(struct hook_run *r, const struct hook *h,
    const struct hook_request *rq)
{
	struct loop	*l = h->config.host.loop;

	r->hook = h;
	r->rq = *rq;
	r->free = run_free;
	verdict_init(&r->data.verdict);
	if (h->config.host.queue != NULL)
		r->transports = transports_ref(
		    h->config.host.queue->transports);
	r->data.library = (struct library){ .host = h->config.host,
	    .log = rq->log, .until_ms = INT64_MAX, .go_on = hook_run_slice,
	    .arg = r, .transports = r->transports };
	timer_init(&r->again, l, hook_run_slice, r);
	task_init(&r->begin, hook_run_slice, r);
	r->exec = hsl_exec_new(h->program, &h->config.limits, r);
	hsl_on_echo(r->exec, run_echo, r);
	hsl_lend_cache(r->exec, rq->message_cache);
	run_variables(r);
	loop_defer(l, &r->begin);
}

struct hook_run *
hook_start(struct hook *h, const struct hook_request *rq)
{
	struct hook_run	*r = xcalloc(1, sizeof *r);

	hook_run_init(r, h, rq);
	return r;
}

void
hook_cancel(struct hook_run **rp)
{
	struct hook_run	*r = *rp;

	*rp = NULL;
	if (r != NULL)
		r->free(r);
}
