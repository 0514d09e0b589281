/*
 * A run's life: begun from a task (so that done() never comes inside
 * eod_start), run in slices, suspended in send(), ended once.
 *
 * inline_deadline covers it all from the client's final dot until the end of
 * the message is given to a backend; then nothing ends it but the reply, and
 * if the backend took the message, nothing but the script's own end.  A wait
 * of the script (library.h) never lasts longer than inline_deadline.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "context.h"
#include "eod_private.h"
#include "hooks.h"
#include "values.h"

/* ---- The hook ---------------------------------------------------------- */

static struct send_limits
hook_send_limits(const struct eod_config *c)
{
	return (struct send_limits){ .connections = c->connection_limit,
	    .idle_ms = c->idle_timeout_ms,
	    .transactions = c->transaction_limit };
}

static int
hook_open(struct eod_hook *h, struct err *e)
{
	const struct eod_config	*c = &h->config;
	struct send_limits	 limits = hook_send_limits(c);

	h->engine = send_engine_new(c->host.loop, c->host.dns, &limits, e);
	return h->engine != NULL ? 0 : -1;
}

struct eod_hook *
eod_hook_new(const struct eod_config *c, const char *file, struct str script,
    hsl_diag_fn *report, void *arg)
{
	struct eod_hook		*h = xcalloc(1, sizeof *h);
	struct hsl_host		 host = *hooks_host("eod");
	struct hsl_diag		 d = { .file = file };
	struct err		 e;

	h->config = *c;
	host.open = c->open;
	host.open_arg = c->open_arg;
	h->program = hsl_compile(&host, file, script, report, arg);
	if (h->program == NULL) {
		eod_hook_free(&h);
		return NULL;
	}
	if (hook_open(h, &e) == 0)
		return h;
	d.text = e.text;
	report(arg, &d);
	eod_hook_free(&h);
	return NULL;
}

void
eod_hook_free(struct eod_hook **hp)
{
	struct eod_hook	*h = *hp;

	if (h == NULL)
		return;
	send_engine_free(&h->engine);
	hsl_program_unref(&h->program);
	free(h);
	*hp = NULL;
}

/* ---- The end of a run -------------------------------------------------- */

static void
run_free(struct eod_run *r)
{
	library_end(&r->data.library);
	delivery_end(r);
	message_free(&r->message);
	hsl_exec_free(&r->exec);
	timer_fini(&r->again);
	timer_fini(&r->deadline);
	loop_cancel(r->hook->config.host.loop, &r->begin);
	verdict_fini(&r->data.verdict);
	free(r);
}

static void
run_finish(struct eod_run *r)
{
	context_keep(r->exec, r->rq.context, r->rq.log, "eod");
	r->rq.done(r->rq.arg, &r->data.verdict);
	run_free(r);
}

static void
run_defer(struct eod_run *r, const char *text)
{
	struct verdict	*v = &r->data.verdict;

	verdict_fini(v);
	v->action = VERDICT_DEFER;
	v->code = 451;
	v->enhanced[0] = 4;
	v->enhanced[1] = 3;
	verdict_add_line(v, str_of(text));
	run_finish(r);
}

static void
run_failed(struct eod_run *r)
{
	hook_log_failure(r->exec, r->rq.log, "eod");
	if (r->hook->config.on_error != NULL)
		r->hook->config.on_error();
	run_defer(r, "Local error in processing");
}

static void
run_late(void *arg)
{
	struct eod_run	*r = arg;

	LOG(EV_HOOK_ERROR, r->rq.log, LOG_STR("hook", "eod"),
	    LOG_STR("reason", "inline_deadline has passed"));
	run_defer(r, "Delivery took too long");
}

/* ---- Running ----------------------------------------------------------- */

static void
run_slice(void *arg)
{
	struct eod_run	*r = arg;

	switch (hsl_run(r->exec)) {
	case HSL_RUN_DONE:
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

void
eod_go_on(void *run)
{
	struct eod_run	*r = run;
	int64_t		 left = r->deadline_ms -
			    loop_now_ms(r->hook->config.host.loop);

	if (!r->spent && left > 0)
		timer_start(&r->deadline, left);
	run_slice(r);
}

static void
run_echo(void *arg, struct str text)
{
	struct eod_run	*r = arg;

	LOG(EV_HOOK_ECHO, r->rq.log, LOG_BYTES("text", text));
}

static void
run_variables(struct eod_run *r)
{
	struct hsl_exec		*x = r->exec;
	struct hsl_value	 arguments = hsl_array(x);

	hsl_array_set(x, arguments, "mail", hsl_object_new(x, &mail_class,
	    r));
	hsl_set_variable(x, "arguments", arguments);
	hsl_set_variable(x, "connection", values_connection(x, r->rq.conn));
	hsl_set_variable(x, "transaction", values_transaction(x, r->rq.txn));
	hsl_set_variable(x, "context", context_bring(x, r->rq.context));
}

struct eod_run *
eod_start(struct eod_hook *h, const struct eod_request *rq)
{
	struct eod_run	*r = xcalloc(1, sizeof *r);
	struct loop	*l = h->config.host.loop;

	r->hook = h;
	r->rq = *rq;
	verdict_init(&r->data.verdict);
	r->data.library = (struct library){ .host = h->config.host,
	    .log = rq->log, .go_on = eod_go_on, .arg = r };
	r->delivery.arena = (struct arena)ARENA_INIT;
	r->deadline_ms = loop_now_ms(l) + h->config.inline_deadline_ms;
	r->data.library.until_ms = r->deadline_ms;
	timer_init(&r->again, l, run_slice, r);
	timer_init(&r->deadline, l, run_late, r);
	timer_start(&r->deadline, h->config.inline_deadline_ms);
	task_init(&r->begin, run_slice, r);
	r->exec = hsl_exec_new(h->program, &h->config.limits, r);
	hsl_on_echo(r->exec, run_echo, r);
	run_variables(r);
	loop_defer(l, &r->begin);
	return r;
}

bool
eod_end_sent(const struct eod_run *r)
{
	return r->end_given || r->spent;
}

void
eod_cancel(struct eod_run **rp)
{
	if (*rp == NULL)
		return;
	run_free(*rp);
	*rp = NULL;
}
