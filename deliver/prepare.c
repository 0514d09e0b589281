/*
 * What a script asks for is made into bytes once: they are what qmgr compares,
 * and what the attempt is told.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/channel.h"
#include "job/nexthop.h"
#include "outbound/wish.h"

#include "attempt.h"
#include "deliver.h"
#include "job.h"
#include "mailroom.h"
#include "outlet.h"
#include "prepare.h"
#include "routing.h"
#include "shape.h"

struct prepare {
	struct question	*question;
	struct wish	 wish;
	struct carried	 carried;
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

/* ---- Its life ------------------------------------------------------------ */

void
prepare_begin(struct job *j)
{
	j->prepare = xcalloc(1, sizeof *j->prepare);
	prepare_route(j);
}

void
prepare_end(struct job *j)
{
	struct prepare	*p = j->prepare;

	j->prepare = NULL;
	if (p == NULL)
		return;
	routing_cancel(&p->question);
	free(p);
}
