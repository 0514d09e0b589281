/*
 * The end of DATA: a run of a hook (hook.c) with the mail object, a delivery
 * and a deadline around it.
 *
 * inline_deadline covers it all from the client's final dot until the end of
 * the message is given to a backend; then nothing ends it but the reply, and
 * if the backend took the message, nothing but the script's own end.  A wait
 * of the script (library.h) never lasts longer than inline_deadline.
 *
 * One clock tells of one cause: while a send() is under way the deadline is
 * its own, and what it was waiting for is its result (delivery.c), which the
 * script has EOD_LAST_MS to answer with.  Its limit of time is behind that.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "eod_private.h"

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

	h->engine = send_engine_new(c->hook.host.loop,
	    c->hook.host.dns, &limits, &c->trust, e);
	return h->engine != NULL ? 0 : -1;
}

struct eod_hook *
eod_hook_new(const struct eod_config *c, const char *file, struct str script,
    hsl_diag_fn *report, void *arg)
{
	struct eod_hook		*h = xcalloc(1, sizeof *h);
	struct hsl_diag		 d = { .file = file };
	struct err		 e;

	h->config = *c;
	h->hook.kind = HOOK_EOD;
	h->hook.config = c->hook;
	h->hook.config.limits.time_ms = c->inline_deadline_ms + 2 * EOD_LAST_MS;
	if (hook_init(&h->hook, file, script, report, arg) == -1) {
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
	hook_fini(&h->hook);
	free(h);
	*hp = NULL;
}

/* ---- A run ------------------------------------------------------------- */

static void
eod_run_free(struct hook_run *run)
{
	struct eod_run	*r = (struct eod_run *)run;

	/* Waits and call backs end before what they use goes. */
	library_end(&r->run.data.library);
	delivery_end(r);
	queue_end(r);
	message_free(&r->message);
	hook_run_fini(&r->run);
	timer_fini(&r->deadline);
	free(r);
}

static void
eod_late(void *arg)
{
	struct eod_run	*r = arg;

	LOG(EV_HOOK_ERROR, r->run.rq.log, LOG_STR("hook", "eod"),
	    LOG_STR("reason", "inline_deadline has passed"));
	hook_run_defer(&r->run, 451, "Delivery took too long");
}

/*
 * Which of two timers that are due at once comes first is anybody's guess: a
 * wait that the deadline has cut short ends the run as the deadline does.
 */
void
eod_go_on(void *run)
{
	struct eod_run	*r = run;
	int64_t		 left = r->ends_ms -
			    loop_now_ms(r->hook->config.hook.host.loop);

	if (!r->spent && left <= 0) {
		eod_late(r);
		return;
	}
	if (!r->spent)
		timer_start(&r->deadline, left);
	hook_run_slice(&r->run);
}

/*
 * What was queued is stored before the client is told.  Where it is told that
 * the message was taken, and neither queue nor backend has it, a script may
 * want that, but an operator has to know.
 */
static bool
eod_before_done(struct hook_run *run)
{
	struct eod_run	*r = (struct eod_run *)run;

	if (run->data.verdict.action != VERDICT_ACCEPT)
		return true;
	if (r->queue.notes.count > 0)
		return !queue_begin(r);
	if (r->taken)
		return true;
	LOG(EV_ACCEPTED_UNDELIVERED, r->run.rq.log,
	    LOG_NUM("recipients", (int64_t)r->run.rq.txn->recipient_count));
	if (r->hook->config.on_undelivered != NULL)
		r->hook->config.on_undelivered();
	return true;
}

struct eod_run *
eod_start(struct eod_hook *h, const struct eod_request *rq)
{
	struct eod_run		*r = xcalloc(1, sizeof *r);
	struct loop		*l = h->config.hook.host.loop;
	struct hsl_value	 arguments;

	r->hook = h;
	r->rq = *rq;
	r->delivery.arena = (struct arena)ARENA_INIT;
	r->deadline_ms = loop_now_ms(l) + h->config.inline_deadline_ms;
	r->ends_ms = r->deadline_ms;
	timer_init(&r->deadline, l, eod_late, r);
	timer_start(&r->deadline, h->config.inline_deadline_ms);
	hook_run_init(&r->run, &h->hook, &rq->hook);
	r->run.free = eod_run_free;
	r->run.before_done = eod_before_done;
	r->run.data.library.until_ms = r->deadline_ms;
	r->run.data.library.go_on = eod_go_on;
	arguments = hsl_array(r->run.exec);
	hsl_array_set(r->run.exec, arguments, "mail",
	    hsl_object_new(r->run.exec, &mail_class, r));
	hsl_set_variable(r->run.exec, "arguments", arguments);
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
	eod_run_free(&(*rp)->run);
	*rp = NULL;
}
