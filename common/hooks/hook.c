#include <stdlib.h>

#include "base/mem.h"
#include "event/loop.h"

#include "context.h"
#include "hook.h"
#include "hooks.h"
#include "terminate.h"
#include "values.h"

struct hook {
	enum hook_kind		 kind;
	struct hook_config	 config;
	struct hsl_program	*program;
};

struct hook_run {
	struct hook_data	 data;		/* first: hsl_data() */
	struct hook		*hook;
	struct hook_request	 rq;
	struct hsl_exec		*exec;
	struct timer		 again;		/* after a slice */
	struct task		 begin;
};

static const struct {
	const char		*name;
	enum verdict_action	 implicit;
	int			 error_code;
} hook_rows[HOOK_MAX] = {
#define HOOK(id, name, implicit, code, text)				\
	[HOOK_##id] = { name, VERDICT_##implicit, code },
#include "hooks/hooks.def"
#undef HOOK
};

const char *
hook_name(enum hook_kind kind)
{
	return hook_rows[kind].name;
}

struct hook *
hook_new(enum hook_kind kind, const struct hook_config *c, const char *file,
    struct str script, hsl_diag_fn *report, void *arg)
{
	struct hook	*h = xcalloc(1, sizeof *h);
	struct hsl_host	 host = *hooks_host(hook_name(kind));

	h->kind = kind;
	h->config = *c;
	host.open = c->open;
	host.open_arg = c->open_arg;
	h->program = hsl_compile(&host, file, script, report, arg);
	if (h->program == NULL)
		hook_free(&h);
	return h;
}

void
hook_free(struct hook **hp)
{
	struct hook	*h = *hp;

	if (h == NULL)
		return;
	hsl_program_unref(&h->program);
	free(h);
	*hp = NULL;
}

/* ---- The end of a run -------------------------------------------------- */

static void
run_free(struct hook_run *r)
{
	library_end(&r->data.library);
	hsl_exec_free(&r->exec);
	timer_fini(&r->again);
	loop_cancel(r->hook->config.host.loop, &r->begin);
	verdict_fini(&r->data.verdict);
	free(r);
}

static void
run_finish(struct hook_run *r)
{
	context_keep(r->exec, r->rq.context, r->rq.log,
	    hook_name(r->hook->kind));
	r->rq.done(r->rq.arg, &r->data.verdict);
	run_free(r);
}

static void
run_failed(struct hook_run *r)
{
	struct verdict	*v = &r->data.verdict;
	int		 code = hook_rows[r->hook->kind].error_code;

	hook_log_failure(r->exec, r->rq.log, hook_name(r->hook->kind));
	if (r->hook->config.on_error != NULL)
		r->hook->config.on_error();
	verdict_fini(v);
	v->action = VERDICT_DEFER;
	v->code = code;
	verdict_add_line(v, STR("Local error in processing"));
	run_finish(r);
}

static void
run_slice(void *arg)
{
	struct hook_run	*r = arg;

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

/* ---- The beginning ----------------------------------------------------- */

static void
run_echo(void *arg, struct str text)
{
	struct hook_run	*r = arg;

	LOG(EV_HOOK_ECHO, r->rq.log, LOG_BYTES("text", text));
}

static void
run_variables(struct hook_run *r)
{
	struct hsl_exec		*x = r->exec;
	const struct hook_request *rq = &r->rq;
	enum hook_kind		 kind = r->hook->kind;

	hsl_set_variable(x, "arguments", kind == HOOK_CONNECT ?
	    values_connection(x, rq->conn) : values_arguments(x, &rq->args));
	hsl_set_variable(x, "connection", kind == HOOK_CONNECT ?
	    values_connection_id(x, rq->conn) :
	    values_connection(x, rq->conn));
	hsl_set_variable(x, "transaction", rq->txn != NULL ?
	    values_transaction(x, rq->txn) :
	    values_transaction_id(x, rq->txn_id));
	hsl_set_variable(x, "context", context_bring(x, rq->context));
}

struct hook_run *
hook_start(struct hook *h, const struct hook_request *rq)
{
	struct hook_run	*r = xcalloc(1, sizeof *r);
	struct loop	*l = h->config.host.loop;

	r->hook = h;
	r->rq = *rq;
	verdict_init(&r->data.verdict);
	r->data.library = (struct library){ .host = h->config.host,
	    .log = rq->log, .until_ms = INT64_MAX, .go_on = run_slice,
	    .arg = r };
	timer_init(&r->again, l, run_slice, r);
	task_init(&r->begin, run_slice, r);
	r->exec = hsl_exec_new(h->program, &h->config.limits, r);
	hsl_on_echo(r->exec, run_echo, r);
	run_variables(r);
	loop_defer(l, &r->begin);
	return r;
}

void
hook_cancel(struct hook_run **rp)
{
	if (*rp == NULL)
		return;
	run_free(*rp);
	*rp = NULL;
}
