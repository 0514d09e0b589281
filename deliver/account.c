/*
 * A line for each recipient and attempt, which holds all that "mtactl log
 * show" tells of it; one for each address that failed; and counters.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/log_address.h"

#include "account.h"
#include "course.h"
#include "deliver.h"
#include "job.h"
#include "outlet.h"
#include "verdict.h"

const char *
account_verdict(enum job_verdict verdict)
{
	static const char *const	names[] = { [JOB_DONE] = "done",
	    [JOB_DEFER] = "defer", [JOB_HOLD] = "hold",
	    [JOB_BOUNCE] = "bounce", [JOB_DELETE] = "delete",
	    [JOB_AGAIN] = "again" };

	return names[verdict];
}

static const char *
account_state(const struct attempt *a)
{
	return a->state != SMTP_STATE_NONE ? smtp_state_name(a->state) :
	    NULL;
}

static struct str
account_text(const struct attempt *a)
{
	if (a->reply == NULL)
		return str_of(a->message);
	return smtp_reply_lines(a->reply) > 0 ?
	    smtp_reply_line(a->reply, 0) : STR_NONE;
}

/* ---- Lines --------------------------------------------------------------- */

struct account_line {
	char		 queue[SPOOL_ID_TEXT];
	char		 txn[UUID_TEXT];
	struct logctx	 ctx;
	struct buf	 to;
	struct str	 tenant, job;	/* as policies have them */
};

static void
account_begin(struct account_line *l, const struct job *j,
    const struct job_entry *e)
{
	spool_id_text(l->queue, &e->id);
	uuid_text(e->id.txn, l->txn);
	l->ctx = (struct logctx){ .txn = l->txn };
	l->to = (struct buf)BUF_INIT;
	log_address(&l->to, e->entry.recipient);
	l->tenant = course_own(j, WISH_tenantid, e->entry.tenantid);
	l->job = course_own(j, WISH_jobid, e->entry.jobid);
}

static int64_t
account_age(const struct passage *p)
{
	return p->now_ms - (int64_t)p->entry->state.accepted_ms;
}

/* Until the next attempt; 0: there is none. */
static int64_t
account_next(const struct passage *p)
{
	return p->verdict == JOB_DEFER ? (int64_t)p->state.due_ms - p->now_ms :
	    0;
}

static void
account_log_untried(const struct job *j, const struct passage *p,
    const struct account_line *l)
{
	LOG(EV_DELIVERY, &l->ctx, LOG_STR("queue", l->queue),
	    LOG_BYTES("to", buf_str(&l->to)),
	    LOG_BYTES("transport", j->outlet->transport->id),
	    LOG_STR("result", passage_result_name(p)),
	    LOG_STR("verdict", account_verdict(p->verdict)),
	    LOG_STR("reason", p->reason),
	    LOG_BYTES("tenant", l->tenant), LOG_BYTES("job", l->job),
	    LOG_NUM("retry", (int64_t)p->entry->state.retry),
	    LOG_NUM_IF("next_ms", account_next(p)),
	    LOG_NUM("age_ms", account_age(p)));
}

static void
account_log(const struct job *j, const struct passage *p,
    const struct account_line *l)
{
	const struct attempt		*a = p->attempt;
	const struct attempt_connection	*c = a->connection;
	const struct entry_state	*s = &p->entry->state;
	char				 enhanced[SMTP_ENHANCED_TEXT];
	const struct nexthop		*hop = course_hop(j);

	smtp_enhanced_text(a->reply != NULL ? a->reply->enhanced :
	    a->enhanced, enhanced);
	LOG(EV_DELIVERY, &l->ctx, LOG_STR("queue", l->queue),
	    LOG_BYTES("to", buf_str(&l->to)),
	    LOG_BYTES("transport", j->outlet->transport->id),
	    LOG_BYTES("tenant", l->tenant), LOG_BYTES("job", l->job),
	    LOG_NUM_IF("priority", p->entry->entry.priority),
	    LOG_STR("result", passage_result_name(p)),
	    LOG_STR("verdict", account_verdict(p->verdict)),
	    LOG_NUM_IF("code", a->reply != NULL ? a->reply->code : 0),
	    LOG_STR("enhanced", enhanced[0] != '\0' ? enhanced : NULL),
	    LOG_STR("state", account_state(a)),
	    LOG_STR("type", a->reply == NULL ?
	    attempt_error_name(a->error) : NULL),
	    LOG_STR("dns", a->dns != ATTEMPT_DNS_NONE ?
	    attempt_dns_name(a->dns) : NULL),
	    LOG_BYTES("reason", account_text(a)),
	    LOG_BYTES("remote_host", c->remotemx),
	    LOG_STR("remote", c->remoteip[0] != '\0' ? c->remoteip : NULL),
	    LOG_NUM_IF("remote_port", c->remoteport),
	    LOG_NUM_IF("preference", hop != NULL ? hop->preference : 0),
	    LOG_STR("remote_tls", c->tls.started ? c->tls.protocol : NULL),
	    LOG_STR("tlsrpt", c->tls.tlsrpt),
	    LOG_STR("local", c->localip[0] != '\0' ? c->localip : NULL),
	    LOG_STR("connection", c->id[0] != '\0' ? c->id : NULL),
	    LOG_NUM_IF("transactions", (int64_t)a->transactions),
	    LOG_NUM("retry", (int64_t)s->retry),
	    LOG_STR("expired", p->expired ? "yes" : NULL),
	    LOG_STR("notice", p->notice ? "yes" : NULL),
	    LOG_NUM_IF("next_ms", account_next(p)),
	    LOG_NUM("age_ms", account_age(p)),
	    LOG_NUM_IF("open_ms", a->open_ms),
	    LOG_NUM("ms", a->duration_ms));
}

static void
account_count(const struct passage *p)
{
	switch (p->result) {
	case PASSAGE_DELIVERED:
		COUNT(deliveries_done);
		board_observe(HISTOGRAM_delivery_age, account_age(p));
		break;
	case PASSAGE_TEMPORARY:
		COUNT(deliveries_temporary);
		break;
	case PASSAGE_PERMANENT:
	case PASSAGE_NONE:
		COUNT(deliveries_permanent);
		break;
	case PASSAGE_HOOK:
	case PASSAGE_HAND:
		break;
	}
}

void
account_attempt(const struct job *j, const struct passage *p)
{
	struct account_line	l;

	account_count(p);
	if (!log_wants(EV_DELIVERY))
		return;
	account_begin(&l, j, p->entry);
	if (p->attempt != NULL)
		account_log(j, p, &l);
	else
		account_log_untried(j, p, &l);
	buf_free(&l.to);
}

void
account_job(const struct job *j, const struct attempt *a)
{
	char	name[BOARD_BACKEND_NAME];

	(void)j;
	if (a == NULL)
		return;
	COUNT(delivery_attempts);
	if (a->transactions > 1)
		COUNT(delivery_reuses);
	board_observe(HISTOGRAM_delivery, a->duration_ms);
	(void)snprintf(name, sizeof name, "%.*s:%u",
	    (int)(a->connection->remotemx.len < 60 ?
	    a->connection->remotemx.len : 60), a->connection->remotemx.len >
	    0 ? a->connection->remotemx.p : "", a->connection->remoteport);
	board_backend(a->connection->remotemx.len > 0 ? name : "",
	    a->reply == NULL ? BACKEND_FAILED : a->reply->code < 400 ?
	    BACKEND_ACCEPTED : a->reply->code < 500 ? BACKEND_DEFERRED :
	    BACKEND_REJECTED);
	if (a->dsn_dropped)
		LOG(EV_DSN_DROPPED, NULL, LOG_STR("remote",
		    a->connection->remoteip));
}

void
account_tried(const struct job *j, const struct attempt *a)
{
	const struct attempt_connection	*c = a->connection;
	struct account_line		 l;

	account_begin(&l, j, &j->entries[0]);
	LOG(EV_DELIVERY_TRIED, &l.ctx, LOG_STR("queue", l.queue),
	    LOG_BYTES("transport", j->outlet->transport->id),
	    LOG_BYTES("remote_host", c->remotemx),
	    LOG_STR("remote", c->remoteip[0] != '\0' ? c->remoteip : NULL),
	    LOG_NUM_IF("remote_port", c->remoteport),
	    LOG_STR("type", attempt_error_name(a->error)),
	    LOG_STR("state", account_state(a)),
	    LOG_STR("tlsrpt", c->tls.tlsrpt),
	    LOG_STR("error", a->message));
	buf_free(&l.to);
}
