/*
 * The rules of an entry's life:
 *
 *	attempt		expired		verdict
 *	delivered	-		DONE
 *	temporary	no		DEFER, until the schedule's next step
 *	temporary	yes		it failed
 *	permanent	-		it failed
 *	none		-		it failed: its time had passed
 *
 * `retry` counts the attempts that another follows.
 *
 * A refusal before MAIL is no verdict on the message: the engine makes a
 * temporary error of it.  What "it failed" means is verdict_fail()'s to say.
 */
#include <stdio.h>
#include <string.h>

#include "hooks/predelivery.h"
#include "schedule/retry.h"
#include "smtp/option.h"

#include "verdict.h"

/* The spool and the protocol name the same things by the same numbers. */
_Static_assert((int)ENTRY_NOTIFY_NEVER == (int)SMTP_NOTIFY_NEVER &&
    (int)ENTRY_NOTIFY_SUCCESS == (int)SMTP_NOTIFY_SUCCESS &&
    (int)ENTRY_NOTIFY_FAILURE == (int)SMTP_NOTIFY_FAILURE &&
    (int)ENTRY_NOTIFY_DELAY == (int)SMTP_NOTIFY_DELAY &&
    (int)ENTRY_RET_FULL == (int)SMTP_RET_FULL &&
    (int)ENTRY_RET_HDRS == (int)SMTP_RET_HDRS, "DSN");

const char *
passage_result_name(const struct passage *p)
{
	static const char *const	names[] = { "delivered", "temporary",
	    "permanent", "none", "hook" };

	return names[p->result];
}

/* ---- Why ----------------------------------------------------------------- */

/* For people: neither a control nor half a character at its end. */
static void
verdict_clean(char *text)
{
	size_t	len, n;
	char	*c;

	for (c = text; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	len = strlen(text);
	for (n = 0; n < 4 && len > 0 && !utf8_valid((struct str){ text,
	    len }); n++)
		text[--len] = '\0';
}

static void
verdict_reason(struct passage *p, const char *before)
{
	const struct attempt	*a = p->attempt;
	char			 enhanced[SMTP_ENHANCED_TEXT];
	struct str		 line;

	if (a == NULL)
		(void)strlcpy(p->reason, before, sizeof p->reason);
	else if (a->reply != NULL) {
		line = smtp_reply_line(a->reply, 0);
		smtp_enhanced_text(a->reply->enhanced, enhanced);
		(void)snprintf(p->reason, sizeof p->reason, "%s%d%s%s %.*s",
		    before, a->reply->code, enhanced[0] != '\0' ? " " : "",
		    enhanced, (int)(line.len < 250 ? line.len : 250),
		    line.len > 0 ? line.p : "");
	} else
		(void)snprintf(p->reason, sizeof p->reason, "%s%s", before,
		    a->message);
	verdict_clean(p->reason);
	p->state.reason = str_of(p->reason);
}

/* ---- The parts ----------------------------------------------------------- */

static enum passage_result
verdict_result(const struct attempt *a)
{
	if (a == NULL)
		return PASSAGE_NONE;
	if (a->reply != NULL && a->reply->code < 400)
		return PASSAGE_DELIVERED;
	if (a->reply != NULL)
		return a->reply->code < 500 ? PASSAGE_TEMPORARY :
		    PASSAGE_PERMANENT;
	return a->temporary ? PASSAGE_TEMPORARY : PASSAGE_PERMANENT;
}

/* Times of the queue clock, but for the deadline that the sender set. */
static struct retry_entry
verdict_entry(const struct passage *p)
{
	const struct job_entry	*e = p->entry;
	int64_t			 until = (int64_t)e->entry.useful_until;
	struct retry_entry	 r = {
		.created_ms = (int64_t)e->state.accepted_ms,
		.retry = (int)e->state.retry,
		.null_sender = e->entry.sender.len == 0,
		.by_return = e->entry.deliverby == ENTRY_DELIVERBY_RETURN,
		.deadline_told = (e->state.notified &
		    JOB_NOTIFIED_DEADLINE) != 0,
	};

	if (e->entry.deliverby != ENTRY_DELIVERBY_NONE && until != 0 &&
	    until < INT64_MAX / 2000)
		r.deadline_ms = p->now_ms + until * 1000 - p->wall_ms;
	/* 0 is "none". */
	if (r.deadline_ms < 0)
		r.deadline_ms = 1;
	return r;
}

/* The last attempt's place, as lists show it. */
static void
verdict_place(struct passage *p)
{
	const struct attempt_connection	*c;

	p->state.grouping = p->grouping.len > 0 ? p->grouping :
	    p->entry->state.grouping;
	if (p->attempt == NULL)
		return;
	c = p->attempt->connection;
	p->state.remotemx = c->remotemx;
	if (p->state.remotemx.len > 255)
		p->state.remotemx.len = 255;
	p->state.remoteip = str_of(c->remoteip);
	p->state.localip = str_of(c->localip);
}

/* A notice is told once of a step, to a sender who can be told. */
static bool
verdict_may_notify(const struct passage *p)
{
	const struct spool_entry	*e = &p->entry->entry;

	return e->sender.len > 0 && (e->dsn_notify == 0 ||
	    (e->dsn_notify & ENTRY_NOTIFY_DELAY) != 0);
}

static void
verdict_notice(struct passage *p, const struct retry_verdict *r)
{
	uint64_t	step = p->entry->state.retry + 1;
	uint64_t	told = p->entry->state.notified;

	p->state.notified = told;
	if (!verdict_may_notify(p))
		return;
	if (step > JOB_NOTIFIED_STEPS)
		step = JOB_NOTIFIED_STEPS;
	if (r->notify && step > (told & JOB_NOTIFIED_STEPS)) {
		p->notice = true;
		told = (told & ~(uint64_t)JOB_NOTIFIED_STEPS) | step;
	}
	if (r->notify_deadline) {
		p->notice = true;
		told |= JOB_NOTIFIED_DEADLINE;
	}
	p->state.notified = told;
}

/* ---- The verdict --------------------------------------------------------- */

/*
 * It has failed for good.  Until there is a service that tells senders, it is
 * held with its reason, for a person to look at.
 */
static void
verdict_fail(struct passage *p, const char *why)
{
	p->verdict = JOB_HOLD;
	p->state.state = STATE_HOLD;
	p->state.notified = p->entry->state.notified;
	verdict_reason(p, why);
}

static void
verdict_temporary(struct passage *p, const struct retry_entry *e)
{
	struct retry_verdict	r = retry_temporary(p->options, e, p->now_ms,
				    p->random);

	p->expired = r.expired;
	if (r.expired) {
		verdict_fail(p, r.late ?
		    "5.4.7 its time to be delivered by has passed: " :
		    "expired: ");
		return;
	}
	p->verdict = JOB_DEFER;
	p->state.state = STATE_DEFER;
	if (p->state.retry < UINT16_MAX)
		p->state.retry++;
	p->state.due_ms = (uint64_t)r.due_ms;
	verdict_notice(p, &r);
	verdict_reason(p, "");
}

/* With what was changed before the attempt. */
static struct entry_state
verdict_begin(const struct job_entry *e)
{
	struct entry_state	s = { .retry = e->state.retry };

	if (e->carried.has_metadata) {
		s.changed = STATE_CHANGED_METADATA;
		s.metadata = e->carried.metadata;
	}
	return s;
}

void
verdict_decide(struct passage *p)
{
	struct retry_entry	e = verdict_entry(p);

	p->result = verdict_result(p->attempt);
	p->expired = retry_expired(p->options, &e, p->now_ms);
	p->notice = false;
	p->state = verdict_begin(p->entry);
	p->reason[0] = '\0';
	verdict_place(p);
	switch (p->result) {
	case PASSAGE_DELIVERED:
		p->verdict = JOB_DONE;
		break;
	case PASSAGE_TEMPORARY:
		verdict_temporary(p, &e);
		break;
	case PASSAGE_PERMANENT:
		verdict_fail(p, "");
		break;
	case PASSAGE_NONE:
	case PASSAGE_HOOK:
		p->expired = true;
		verdict_fail(p, "expired before it could be tried again");
		break;
	}
}

/* ---- What a hook before the attempt says --------------------------------- */

/* Its own reason, or one that says who it was. */
static void
verdict_why(struct passage *p, const char *before, struct str reason)
{
	if (reason.len == 0)
		reason = STR("by the script of hook_predelivery");
	(void)snprintf(p->reason, sizeof p->reason, "%s%.*s", before,
	    (int)reason.len, reason.p);
	verdict_clean(p->reason);
	p->state.reason = str_of(p->reason);
}

static void
verdict_changes(struct passage *p, const struct entry_state *change)
{
	p->state.changed |= change->changed;
	p->state.priority = change->priority;
	p->state.transportid = change->transportid;
	p->state.tenantid = change->tenantid;
	p->state.jobid = change->jobid;
	p->state.quotas = change->quotas;
	if ((change->changed & STATE_CHANGED_METADATA) != 0)
		p->state.metadata = change->metadata;
}

/* Is there somebody who would be told that it failed? */
static bool
verdict_may_bounce(const struct passage *p)
{
	const struct spool_entry	*e = &p->entry->entry;

	return e->sender.len > 0 && p->options->dsn && (e->dsn_notify == 0 ||
	    (e->dsn_notify & ENTRY_NOTIFY_FAILURE) != 0);
}

static void
verdict_delayed(struct passage *p, const struct predelivery_answer *a,
    const struct retry_verdict *r)
{
	if (!a->has_delayed && a->counted)
		verdict_notice(p, r);
	else if (a->has_delayed && a->delayed)
		p->notice = verdict_may_notify(p);
}

/* The schedule's delay is the one behind this attempt, if it had been one. */
static void
verdict_queue(struct passage *p, const struct predelivery_answer *a,
    const struct retry_entry *e)
{
	struct retry_verdict	r = retry_temporary(p->options, e, p->now_ms,
				    p->random);
	int64_t			due = a->has_delay ? p->now_ms + a->delay_ms :
				    r.due_ms;

	p->state.notified = p->entry->state.notified;
	if (p->expired) {
		verdict_fail(p, "");
		verdict_why(p, "expired: ", a->reason);
		return;
	}
	if (!a->has_delay && r.expired)
		due = retry_expiry(p->options, e);
	p->verdict = a->hold ? JOB_HOLD : JOB_DEFER;
	p->state.state = a->hold ? STATE_HOLD : STATE_DEFER;
	p->state.due_ms = a->hold ? 0 : (uint64_t)retry_due(p->options, e,
	    p->now_ms, due);
	if (!a->hold)
		verdict_delayed(p, a, &r);
	if (a->reset)
		p->state.retry = 0;
	else if (a->counted && p->state.retry < UINT16_MAX)
		p->state.retry++;
	verdict_why(p, "", a->reason);
}

void
verdict_answer(struct passage *p, const struct predelivery_answer *a)
{
	struct retry_entry	e = verdict_entry(p);

	p->result = PASSAGE_HOOK;
	p->expired = retry_expired(p->options, &e, p->now_ms);
	p->notice = false;
	p->state = verdict_begin(p->entry);
	p->reason[0] = '\0';
	verdict_place(p);
	verdict_changes(p, &a->change);
	if (a->action == PREDELIVERY_QUEUE) {
		verdict_queue(p, a, &e);
		return;
	}
	p->verdict = a->action == PREDELIVERY_BOUNCE &&
	    verdict_may_bounce(p) ? JOB_BOUNCE : JOB_DELETE;
	p->state.notified = p->entry->state.notified;
	verdict_why(p, "", a->reason);
}
