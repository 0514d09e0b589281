/*
 * The rules of an entry's life:
 *
 *	attempt		expired		default action
 *	delivered	-		none
 *	temporary	no		QUEUE, until the schedule's next step
 *	temporary	yes		BOUNCE
 *	permanent	-		BOUNCE
 *	none		-		BOUNCE: its time had passed; or what a
 *					hand, or the hook before it, decided
 *
 * BOUNCE is DELETE where its sender is not to be told.  `retry` counts the
 * attempts that another follows.
 *
 * A refusal before MAIL is no verdict on the message: the engine makes a
 * temporary error of it.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "hooks/predelivery.h"
#include "smtp/option.h"

#include "notice.h"
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
	    "permanent", "none", "hook", "hand" };

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
verdict_result(const struct passage *p)
{
	const struct attempt	*a = p->attempt;

	if (a == NULL && p->before != NULL)
		return PASSAGE_HOOK;
	if (a == NULL)
		return p->entry->state.fate != 0 ? PASSAGE_HAND : PASSAGE_NONE;
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
		/* A script's useful_until is one, too. */
		.by_return = e->entry.deliverby != ENTRY_DELIVERBY_NOTIFY,
		.deadline_told = (e->state.notified &
		    JOB_NOTIFIED_DEADLINE) != 0,
	};

	if (until != 0 && until < INT64_MAX / 2000)
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

/* A notice is told once of a step. */
static bool
verdict_notice(const struct passage *p, uint64_t *told)
{
	uint64_t	step = p->entry->state.retry + 1;
	bool		notice = false;

	*told = p->entry->state.notified;
	if (!notice_may(p, ENTRY_ACTION_DELAYED))
		return false;
	if (step > JOB_NOTIFIED_STEPS)
		step = JOB_NOTIFIED_STEPS;
	if (p->retry.notify && step > (*told & JOB_NOTIFIED_STEPS)) {
		notice = true;
		*told = (*told & ~(uint64_t)JOB_NOTIFIED_STEPS) | step;
	}
	if (p->retry.notify_deadline) {
		notice = true;
		*told |= JOB_NOTIFIED_DEADLINE;
	}
	return notice;
}

/* ---- The default action -------------------------------------------------- */

static enum postdelivery_default
verdict_default(const struct passage *p)
{
	bool	deletes = false;

	switch (p->result) {
	case PASSAGE_DELIVERED:
		return POSTDELIVERY_DELIVERED;
	case PASSAGE_TEMPORARY:
		if (!p->retry.expired)
			return POSTDELIVERY_QUEUES;
		break;
	case PASSAGE_HOOK:
		if (p->before->action == PREDELIVERY_QUEUE && !p->expired)
			return POSTDELIVERY_QUEUES;
		deletes = p->before->action == PREDELIVERY_DELETE;
		break;
	case PASSAGE_HAND:
		deletes = p->entry->state.fate == FATE_DELETE;
		break;
	case PASSAGE_PERMANENT:
	case PASSAGE_NONE:
		break;
	}
	return deletes || !notice_may(p, ENTRY_ACTION_FAILED) ?
	    POSTDELIVERY_DELETES : POSTDELIVERY_BOUNCES;
}

/* What its sender would be told by the default action. */
static enum entry_action
verdict_tells(const struct passage *p)
{
	uint64_t	told;

	switch (p->by_default) {
	case POSTDELIVERY_DELIVERED:
		return notice_of_success(p);
	case POSTDELIVERY_QUEUES:
		return verdict_notice(p, &told) ? ENTRY_ACTION_DELAYED :
		    ENTRY_ACTION_NONE;
	case POSTDELIVERY_BOUNCES:
		return ENTRY_ACTION_FAILED;
	case POSTDELIVERY_DELETES:
		break;
	}
	return ENTRY_ACTION_NONE;
}

void
verdict_judge(struct passage *p)
{
	enum entry_action	action;

	p->life = verdict_entry(p);
	p->result = verdict_result(p);
	p->retry = retry_temporary(p->options, &p->life, p->now_ms,
	    p->random);
	p->expired = p->result == PASSAGE_NONE ||
	    (p->result == PASSAGE_TEMPORARY ? p->retry.expired :
	    retry_expired(p->options, &p->life, p->now_ms));
	p->by_default = verdict_default(p);
	/* What was delivered and is not told of needs no words. */
	if (p->by_default == POSTDELIVERY_DELIVERED &&
	    notice_of_success(p) == ENTRY_ACTION_NONE) {
		memset(&p->order, 0, sizeof p->order);
		return;
	}
	notice_facts(p);
	if ((action = verdict_tells(p)) != ENTRY_ACTION_NONE)
		notice_order(p, action);
}

/* ---- The verdict --------------------------------------------------------- */

/* With what was changed before the attempt. */
static struct entry_state
verdict_begin(const struct job_entry *e)
{
	struct entry_state	s = { .retry = e->state.retry,
				    .notified = e->state.notified };

	if (e->carried.has_metadata) {
		s.changed = STATE_CHANGED_METADATA;
		s.metadata = e->carried.metadata;
	}
	return s;
}

/* A script's own reason, or one that says who it was. */
static void
verdict_why(struct passage *p, const char *before, struct str reason,
    const char *who)
{
	if (reason.len == 0)
		reason = str_of(who);
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

/* What Queue() of either hook says. */
struct verdict_queue {
	bool		hold, has_delay, counted, reset, has_delayed, delayed;
	int64_t		delay_ms;
};

/* Whether it is told of the delay: as the schedule says, or the script. */
static void
verdict_delays(struct passage *p, const struct verdict_queue *q)
{
	uint64_t	told = p->entry->state.notified;

	p->notice = verdict_notice(p, &told) && q->counted;
	if (q->has_delayed)
		p->notice = q->delayed && notice_may(p, ENTRY_ACTION_DELAYED);
	if (p->notice)
		p->state.notified = told;
}

/* The schedule's delay is the one behind this attempt.  One that has expired is
 * tried once more when it is due, if a script wants it. */
static void
verdict_queues(struct passage *p, const struct verdict_queue *q)
{
	int64_t	due = q->has_delay ? p->now_ms + q->delay_ms : p->retry.due_ms;

	if (p->expired && !q->has_delay)
		due = p->now_ms + retry_wait(p->options, &p->life, p->random);
	p->verdict = q->hold ? JOB_HOLD : JOB_DEFER;
	p->state.state = q->hold ? STATE_HOLD : STATE_DEFER;
	p->state.forced = p->expired && !q->hold;
	if (!q->hold) {
		p->state.due_ms = (uint64_t)(p->expired ? due :
		    retry_due(p->options, &p->life, p->now_ms, due));
		verdict_delays(p, q);
	}
	if (q->reset)
		p->state.retry = 0;
	else if (q->counted && p->state.retry < UINT16_MAX)
		p->state.retry++;
}

/* The hook before the attempt wants none now. */
static void
verdict_put_off(struct passage *p)
{
	const struct predelivery_answer	*b = p->before;
	const struct verdict_queue	 q = { b->hold, b->has_delay,
					    b->counted, b->reset,
					    b->has_delayed, b->delayed,
					    b->delay_ms };

	verdict_queues(p, &q);
	verdict_why(p, "", b->reason, "by the script of hook_predelivery");
}

static void
verdict_by_default(struct passage *p)
{
	static const struct verdict_queue	next = { .counted = true };

	switch (p->by_default) {
	case POSTDELIVERY_DELIVERED:
		p->verdict = JOB_DONE;
		return;
	case POSTDELIVERY_QUEUES:
		if (p->before != NULL) {
			verdict_put_off(p);
			return;
		}
		verdict_queues(p, &next);
		verdict_reason(p, "");
		return;
	case POSTDELIVERY_BOUNCES:
		p->verdict = JOB_BOUNCE;
		break;
	case POSTDELIVERY_DELETES:
		p->verdict = JOB_DELETE;
		break;
	}
	if (p->before != NULL)
		verdict_why(p, p->before->action == PREDELIVERY_QUEUE ?
		    "expired: " : "", p->before->reason, "by the "
		    "script of hook_predelivery");
	else if (p->result == PASSAGE_HAND)
		verdict_why(p, "", p->entry->state.reason, "by hand");
	else if (p->attempt == NULL)
		verdict_reason(p, "expired before it could be tried again");
	else
		verdict_reason(p, p->retry.late ?
		    "5.4.7 its time to be delivered by has passed: " :
		    p->result == PASSAGE_TEMPORARY ? "expired: " : "");
}

static void
verdict_by_script(struct passage *p, const struct postdelivery_answer *a)
{
	static const char		 who[] =
	    "by the script of hook_postdelivery";
	const struct verdict_queue	 q = { a->hold, a->has_delay,
					    a->counted, a->reset,
					    a->has_delayed, a->delayed,
					    a->delay_ms };

	switch (a->action) {
	case POSTDELIVERY_DEFAULT:
		verdict_by_default(p);
		return;
	case POSTDELIVERY_QUEUE:
		verdict_queues(p, &q);
		if (a->reason.len == 0 && p->attempt != NULL)
			verdict_reason(p, "");
		else
			verdict_why(p, "", a->reason, who);
		return;
	case POSTDELIVERY_BOUNCE:
		p->verdict = notice_may(p, ENTRY_ACTION_FAILED) ?
		    JOB_BOUNCE : JOB_DELETE;
		break;
	case POSTDELIVERY_DELETE:
		p->verdict = JOB_DELETE;
		break;
	}
	verdict_why(p, "", a->reason, who);
}

/* What goes with the verdict: what the script behind the attempt asks for lies
 * over what the one before it did.  An order that is too long goes as the facts
 * that it has. */
static void
verdict_order(struct passage *p, const struct postdelivery_answer *a)
{
	enum entry_action	action = ENTRY_ACTION_NONE;
	struct dsn_order	o;
	struct err		e;

	if (p->verdict == JOB_BOUNCE)
		action = ENTRY_ACTION_FAILED;
	else if (p->verdict == JOB_DEFER && p->notice)
		action = ENTRY_ACTION_DELAYED;
	else if (p->verdict == JOB_DONE)
		action = (enum entry_action)p->order.action;
	if (action == ENTRY_ACTION_NONE)
		return;
	notice_order(p, action);
	o = p->order;
	if (p->before != NULL)
		notice_lay(&o, &p->before->dsn);
	if (a != NULL)
		notice_lay(&o, &a->dsn);
	buf_clear(&p->said);
	if (dsn_order_put(&p->said, &o, &e) == -1) {
		LOG(EV_DSN_CUT, NULL, LOG_STR("reason", e.text));
		buf_clear(&p->said);
		(void)dsn_order_put(&p->said, &p->order, &e);
	}
	p->state.order = buf_str(&p->said);
}

void
verdict_settle(struct passage *p, const struct postdelivery_answer *a)
{
	p->notice = false;
	p->state = verdict_begin(p->entry);
	p->reason[0] = '\0';
	verdict_place(p);
	if (p->before != NULL)
		verdict_changes(p, &p->before->change);
	if (a == NULL)
		verdict_by_default(p);
	else {
		verdict_changes(p, &a->change);
		verdict_by_script(p, a);
	}
	verdict_order(p, a);
}

void
verdict_free(struct passage *p)
{
	buf_free(&p->diagnostic);
	buf_free(&p->said);
}
