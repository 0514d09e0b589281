/*
 * What a script asks for is made into bytes once: they are what qmgr compares,
 * and what the attempt is told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "hooks/predelivery.h"
#include "ipc/channel.h"
#include "job/nexthop.h"
#include "outbound/wish.h"

#include "after.h"
#include "attempt.h"
#include "deliver.h"
#include "job.h"
#include "mailroom.h"
#include "message.h"
#include "outlet.h"
#include "prepare.h"
#include "routing.h"
#include "script.h"
#include "shape.h"

struct prepare {
	struct predelivery_run	*run;
	struct message		 message;
	char			 txn[UUID_TEXT];
	struct logctx		 log;
	struct question		*question;
	struct wish		 wish;
	struct carried		 carried;
};

static void
prepare_copy(struct str s, char *out, size_t size)
{
	size_t	n = s.len < size ? s.len : size - 1;

	if (n > 0)
		memcpy(out, s.p, n);
	out[n] = '\0';
}

/* ---- Told ---------------------------------------------------------------- */

static void
prepare_put_own(const struct wish *w, struct ipc_DELIVER_PREPARED *m)
{
	uint64_t	recipients;

	if (w->of[WISH_tenantid].p != NULL)
		m->changed |= STATE_CHANGED_TENANT;
	if (w->of[WISH_jobid].p != NULL)
		m->changed |= STATE_CHANGED_JOB;
	prepare_copy(w->of[WISH_tenantid], m->tenantid, sizeof m->tenantid);
	prepare_copy(w->of[WISH_jobid], m->jobid, sizeof m->jobid);
	if (w->option[TRANSPORT_recipients].p != NULL && str_uint(
	    w->option[TRANSPORT_recipients], UINT32_MAX, &recipients) == 0)
		m->recipients = (uint32_t)recipients;
}

/* The hook has seen to it that what it asks for is not too long. */
static void
prepare_tell(struct job *j, const struct nexthops *n)
{
	struct prepare			*p = j->prepare;
	struct channel			*c = mailroom_channel();
	struct ipc_DELIVER_PREPARED	 m = { .job = j->number, .id = {
	    (const char *)j->entries[0].key, SPOOL_ID_SIZE } };
	struct buf			 hops = BUF_INIT, wish = BUF_INIT,
					 context = BUF_INIT;

	prepare_put_own(&p->wish, &m);
	if (c != NULL && nexthops_put(&hops, n) == 0 &&
	    wish_put(&wish, &p->wish) == 0 &&
	    carried_put(&context, &p->carried) == 0) {
		m.hops = buf_str(&hops);
		m.try = buf_str(&wish);
		m.context = buf_str(&context);
		CHANNEL_PUT(c, DELIVER_PREPARED, -1, &m);
		job_prepared(j);
	} else
		job_again(j);
	if (wish.mem != NULL)
		explicit_bzero(wish.mem, wish.cap);
	buf_free(&hops);
	buf_free(&wish);
	buf_free(&context);
}

/* ---- Where it goes ------------------------------------------------------- */

static void
prepare_on_hops(void *arg, const struct nexthops *n)
{
	struct job		*j = arg;
	const struct job	*before = attempt_working(j);

	j->prepare->question = NULL;
	prepare_tell(j, n);
	(void)attempt_working(before);
}

static void
prepare_no_way(struct job *j, const char *why)
{
	struct nexthops	n = { .ttl_s = NEXTHOPS_TTL_MIN_S,
			    .error = ATTEMPT_ERROR_CONFIG, .temporary = true,
			    .why = str_of(why) };

	prepare_tell(j, &n);
}

static void
prepare_route(struct job *j)
{
	struct prepare			*p = j->prepare;
	const struct transport		*t = shape_wished(j, &p->wish);
	struct send_backend		 b;
	char				 domain[256];
	struct routing_want		 want = { .outlet = j->outlet,
	    .transport = t, .domain = domain, .wish = &p->wish };
	struct err			 e;

	if (outlet_backend(j->outlet, t, &b, &e) == -1) {
		prepare_no_way(j, e.text);
		return;
	}
	want.port = b.port;
	prepare_copy(shape_domain(&j->entries[0].entry, &p->wish), domain,
	    sizeof domain);
	p->question = routing_start(&want, prepare_on_hops, j);
	if (p->question == NULL)
		job_again(j);
}

/* ---- What the hook says -------------------------------------------------- */

/* Texts of an answer go with its run. */
static struct str
prepare_own(struct job *j, struct str s)
{
	return s.p != NULL ? arena_str(&j->arena, s) : s;
}

static void
prepare_try(struct job *j, const struct predelivery_answer *a)
{
	struct prepare	*p = j->prepare;
	int		 i;

	for (i = 0; i < TRANSPORT_OPTIONS; i++)
		p->wish.option[i] = prepare_own(j, a->wish.option[i]);
	for (i = 0; i < WISH_IDS; i++)
		p->wish.of[i] = prepare_own(j, a->wish.of[i]);
	p->carried = (struct carried){ .prepared = true,
	    .context = prepare_own(j, a->context),
	    .has_metadata = (a->change.changed & STATE_CHANGED_METADATA) != 0,
	    .metadata = prepare_own(j, a->change.metadata) };
	prepare_route(j);
}

static void
prepare_on_answer(void *arg, const struct predelivery_answer *a)
{
	struct job		*j = arg;
	const struct job	*before = attempt_working(j);

	j->prepare->run = NULL;
	if (a->action == PREDELIVERY_TRY)
		prepare_try(j, a);
	else
		after_judge(j, NULL, a);
	(void)attempt_working(before);
}

/* ---- Its life ------------------------------------------------------------ */

/* A script that ends this process is the entry's fault. */
static void
prepare_working(void *arg, bool now)
{
	(void)attempt_working(now ? arg : NULL);
}

static void
prepare_run(struct job *j)
{
	struct prepare			*p = j->prepare;
	const struct job_entry		*e = &j->entries[0];
	struct predelivery_request	 rq = { .id = &e->id,
	    .entry = &e->entry, .retry = e->state.retry,
	    .original = &p->message.original,
	    .modified = &p->message.modified,
	    .log = &p->log, .working = prepare_working,
	    .done = prepare_on_answer, .arg = j };

	message_begin(&p->message, j, e);
	uuid_text(e->id.txn, p->txn);
	p->log = (struct logctx){ .txn = p->txn };
	p->run = predelivery_start(script_hook(HOOK_PREDELIVERY), &rq);
}

void
prepare_begin(struct job *j)
{
	j->prepare = xcalloc(1, sizeof *j->prepare);
	if (script_hook(HOOK_PREDELIVERY) != NULL)
		prepare_run(j);
	else
		prepare_route(j);
}

void
prepare_end(struct job *j)
{
	struct prepare	*p = j->prepare;

	j->prepare = NULL;
	if (p == NULL)
		return;
	predelivery_cancel(&p->run);
	routing_cancel(&p->question);
	message_end(&p->message);
	free(p);
}
