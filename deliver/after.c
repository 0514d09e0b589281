/*
 * Verdicts, recipient by recipient.  Where there is a hook behind attempts, its
 * script runs for one after the other; what it is told outlives the attempt,
 * whose connection serves others meanwhile.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hooks/predelivery.h"

#include "account.h"
#include "after.h"
#include "attempt.h"
#include "deliver.h"
#include "job.h"
#include "lease.h"
#include "message.h"
#include "outlet.h"
#include "script.h"
#include "trace.h"
#include "trial.h"
#include "verdict.h"

struct after {
	struct passage			 passage;
	uint32_t			 next;		/* whose turn it is */
	bool				 tried;
	struct attempt			 attempt;	/* a copy */
	struct attempt_connection	*connection;
	struct smtp_reply		 reply, refusal;
	struct attempt_rcpt		*rcpts;
	struct attempt			 own;		/* the recipient's */
	struct predelivery_answer	 before;
	struct dsn_order		 shown;		/* to the script */
	struct postdelivery_run		*run;
	struct message			 message;
	struct logctx			 log;
	char				 txn[UUID_TEXT];
};

/* ---- One recipient ------------------------------------------------------- */

/* Whom bounces go by: the transport's own, the instance's, or itself if it
 * finds the way to any domain. */
static struct str
after_dsn_transport(const struct job *j)
{
	const char	*ours = deliver.params->dsn_transport;

	if (j->options->dsn_transport.len > 0)
		return j->options->dsn_transport;
	if (ours[0] != '\0')
		return str_of(ours);
	return j->outlet->transport->mode == TRANSPORT_MX ?
	    j->outlet->transport->id : STR_NONE;
}

static void
after_begin(struct job *j, struct passage *p)
{
	memset(p, 0, sizeof *p);
	p->options = j->options;
	p->wish = j->trial != NULL ? &j->trial->wish : NULL;
	p->grouping = job_grouping(j);
	p->dsn_transport = after_dsn_transport(j);
	p->final = j->outlet->transport->mode == TRANSPORT_LMTP;
}

/* a: as the recipient has it. */
static void
after_passage(struct job *j, struct passage *p, uint32_t i,
    const struct attempt *a)
{
	p->entry = &j->entries[i];
	p->attempt = a;
	p->now_ms = job_now_ms(j);
	p->wall_ms = clock_wall_us() / 1000;
	/* A system call, which what is delivered does without. */
	if (a == NULL || a->reply == NULL || a->reply->code >= 400)
		p->random = arc4random();
	verdict_judge(p);
}

static void
after_say(struct job *j, struct passage *p, uint32_t i,
    const struct postdelivery_answer *answer)
{
	verdict_settle(p, answer);
	account_attempt(j, p);
	trace_verdict(j, p);
	job_say(j, &j->entries[i], p->verdict, p->verdict == JOB_DONE &&
	    p->state.order.len == 0 ? NULL : &p->state);
}

/* ---- Without a hook ------------------------------------------------------ */

static void
after_judge_all(struct job *j, const struct attempt *a,
    const struct predelivery_answer *before)
{
	struct passage	p;
	struct attempt	own;
	uint32_t	i;

	after_begin(j, &p);
	p.before = before;
	for (i = 0; i < j->count; i++) {
		if (a != NULL)
			own = attempt_of(a, i);
		after_passage(j, &p, i, a != NULL ? &own : NULL);
		after_say(j, &p, i, NULL);
	}
	verdict_free(&p);
	job_told(j);
}

/* ---- What is kept for a hook --------------------------------------------- */

static void
after_keep_rcpts(struct job *j, struct after *f, const struct attempt *a)
{
	uint32_t	i;

	if (a->rcpts == NULL)
		return;
	f->rcpts = attempt_rcpts_new(j->count);
	for (i = 0; i < j->count; i++) {
		f->rcpts[i].accepted = a->rcpts[i].accepted;
		f->rcpts[i].state = a->rcpts[i].state;
		smtp_reply_copy(&f->rcpts[i].reply, &a->rcpts[i].reply);
	}
	f->attempt.rcpts = f->rcpts;
}

static void
after_keep(struct job *j, struct after *f, const struct attempt *a)
{
	f->tried = true;
	f->attempt = *a;
	f->connection = attempt_connection_ref(a->connection);
	f->attempt.connection = f->connection;
	f->attempt.message = a->message != NULL ? arena_strdup(&j->arena,
	    str_of(a->message)) : NULL;
	if (a->reply != NULL) {
		smtp_reply_copy(&f->reply, a->reply);
		f->attempt.reply = &f->reply;
	}
	if (a->refusal != NULL) {
		smtp_reply_copy(&f->refusal, a->refusal);
		f->attempt.refusal = &f->refusal;
	}
	after_keep_rcpts(j, f, a);
}

static struct str
after_own(struct job *j, struct str s)
{
	return s.p != NULL ? arena_str(&j->arena, s) : s;
}

/* Of Bounce(), Delete() and Queue(): the texts of an answer go with its run. */
static void
after_keep_before(struct job *j, struct after *f,
    const struct predelivery_answer *b)
{
	struct entry_state	*c = &f->before.change;
	struct dsn_order	*o = &f->before.dsn;
	struct job_entry	*e = &j->entries[0];

	f->before = *b;
	f->before.reason = after_own(j, b->reason);
	c->transportid = after_own(j, c->transportid);
	c->tenantid = after_own(j, c->tenantid);
	c->jobid = after_own(j, c->jobid);
	c->quotas = after_own(j, c->quotas);
	c->metadata = after_own(j, c->metadata);
#define KEEP_UINT(name)
#define KEEP_TEXT(name)		o->name = after_own(j, o->name);
#define KEEP_LIST(name)		KEEP_TEXT(name)
#define KEEP_PAIRS(name)	KEEP_TEXT(name)
#define ORDER_FIELD(tag, kind, name, max, what)	KEEP_##kind(name)
#include "dsn/order.def"
#undef ORDER_FIELD
	/* The hook has run for it. */
	e->carried.prepared = true;
	e->carried.context = after_own(j, b->context);
	f->passage.before = &f->before;
}

/* ---- With a hook --------------------------------------------------------- */

static void	after_next(struct job *j);

static void
after_on_answer(void *arg, const struct postdelivery_answer *a)
{
	struct job		*j = arg;
	struct after		*f = j->after;
	const struct job	*before = attempt_working(j);

	f->run = NULL;
	after_say(j, &f->passage, f->next++, a);
	after_next(j);
	(void)attempt_working(before);
}

/* A script that ends this process is the entry's fault. */
static void
after_working(void *arg, bool now)
{
	(void)attempt_working(now ? arg : NULL);
}

/* Of a delivery there is nothing to diagnose: only whether it is told of. */
static const struct dsn_order *
after_shown(struct after *f)
{
	f->shown = f->passage.order;
	if (f->passage.by_default == POSTDELIVERY_DELIVERED)
		f->shown.status = f->shown.diagnostictype =
		    f->shown.diagnosticcode = STR_NONE;
	return &f->shown;
}

/* What was changed before the attempt lies over the entry that is shown. */
static void
after_ask(struct job *j)
{
	struct after			*f = j->after;
	struct job_entry		*e = &j->entries[f->next];
	struct postdelivery_request	 rq = { .id = &e->id,
	    .entry = &e->entry, .retry = e->state.retry,
	    .expired = f->passage.expired,
	    .by_default = f->passage.by_default,
	    .grouping = f->passage.grouping,
	    .policy = f->tried ? buf_str(&j->policy) : STR_NONE,
	    .attempt = f->passage.attempt, .dsn = after_shown(f),
	    .has_context = e->carried.prepared,
	    .context = e->carried.context,
	    .log = &f->log, .working = after_working,
	    .done = after_on_answer, .arg = j };

	if (e->carried.has_metadata)
		e->entry.metadata = e->carried.metadata;
	message_begin(&f->message, j, e);
	rq.original = &f->message.original;
	rq.modified = &f->message.modified;
	uuid_text(e->id.txn, f->txn);
	f->log = (struct logctx){ .txn = f->txn };
	f->run = postdelivery_start(script_hook(HOOK_POSTDELIVERY), &rq);
}

/* The recipient whose turn it is, judged. */
static void
after_turn(struct job *j)
{
	struct after	*f = j->after;

	if (f->tried)
		f->own = attempt_of(&f->attempt, f->next);
	after_passage(j, &f->passage, f->next, f->tried ? &f->own : NULL);
}

static void
after_next(struct job *j)
{
	struct after	*f = j->after;

	if (f->next == j->count) {
		job_told(j);
		return;
	}
	after_turn(j);
	after_ask(j);
}

void
after_judge(struct job *j, const struct attempt *a,
    const struct predelivery_answer *before)
{
	struct after	*f;
	bool		 only_put_off = before != NULL &&
			    before->action == PREDELIVERY_QUEUE;

	account_job(j, a);
	if (script_hook(HOOK_POSTDELIVERY) == NULL || only_put_off) {
		after_judge_all(j, a, before);
		return;
	}
	f = j->after = xcalloc(1, sizeof *f);
	after_begin(j, &f->passage);
	smtp_reply_init(&f->reply);
	smtp_reply_init(&f->refusal);
	if (a != NULL)
		after_keep(j, f, a);
	if (before != NULL)
		after_keep_before(j, f, before);
	/* The connection is not needed for what comes. */
	lease_leave(&j->lease);
	after_next(j);
}

/* ---- Its end ------------------------------------------------------------- */

bool
after_cut(struct job *j)
{
	struct after	*f = j->after;

	if (f == NULL)
		return false;
	postdelivery_cancel(&f->run);
	after_say(j, &f->passage, f->next, NULL);
	while (++f->next < j->count) {
		after_turn(j);
		after_say(j, &f->passage, f->next, NULL);
	}
	job_told(j);
	return true;
}

void
after_end(struct job *j)
{
	struct after	*f = j->after;

	j->after = NULL;
	if (f == NULL)
		return;
	postdelivery_cancel(&f->run);
	message_end(&f->message);
	verdict_free(&f->passage);
	smtp_reply_fini(&f->reply);
	smtp_reply_fini(&f->refusal);
	attempt_rcpts_free(&f->rcpts, j->count);
	if (f->connection != NULL)
		attempt_connection_unref(f->connection);
	free(f);
}
