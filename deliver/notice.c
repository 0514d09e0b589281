/*
 * Orders for notifications: the facts of the last attempt in the fields'
 * words, and over them what scripts ask for.
 */
#include <stdio.h>
#include <string.h>

#include "hooks/predelivery.h"
#include "outbound/wish.h"
#include "smtp/option.h"
#include "smtp/state.h"

#include "notice.h"
#include "verdict.h"

#define NOTICE_DIAGNOSTIC_MAX	8192

/* ---- Who is told --------------------------------------------------------- */

static unsigned
notice_asked(const struct passage *p)
{
	unsigned	entrys = (unsigned)p->entry->entry.dsn_notify;

	return p->wish != NULL ? (unsigned)wish_number(p->wish,
	    WISH_dsn_notify, entrys) : entrys;
}

/* Without NOTIFY a sender is told of failures and delays (RFC 3461 4.1). */
bool
notice_may(const struct passage *p, enum entry_action action)
{
	unsigned	asked = notice_asked(p);

	if (p->entry->entry.sender.len == 0 || !p->options->dsn ||
	    p->dsn_transport.len == 0)
		return false;
	switch (action) {
	case ENTRY_ACTION_FAILED:
		return asked == 0 || (asked & ENTRY_NOTIFY_FAILURE) != 0;
	case ENTRY_ACTION_DELAYED:
		return asked == 0 || (asked & ENTRY_NOTIFY_DELAY) != 0;
	default:
		return (asked & ENTRY_NOTIFY_SUCCESS) != 0;
	}
}

/* A next hop that knows DSN tells itself. */
enum entry_action
notice_of_success(const struct passage *p)
{
	bool	here = p->wish != NULL &&
		    p->wish->of[WISH_dsn_success].p != NULL;

	if (!notice_may(p, ENTRY_ACTION_DELIVERED))
		return ENTRY_ACTION_NONE;
	if (here)
		return ENTRY_ACTION_DELIVERED;
	if (!p->attempt->dsn_dropped)
		return ENTRY_ACTION_NONE;
	return p->final ? ENTRY_ACTION_DELIVERED : ENTRY_ACTION_RELAYED;
}

/* ---- Facts --------------------------------------------------------------- */

/* For a field's one line. */
static void
notice_add(struct buf *b, struct str text)
{
	size_t	i;
	char	c;

	for (i = 0; i < text.len && b->len < NOTICE_DIAGNOSTIC_MAX; i++) {
		c = text.p[i];
		buf_add_byte(b, (unsigned char)c < ' ' || c == 0x7f ? ' ' : c);
	}
}

static void
notice_reply(struct passage *p, const struct smtp_reply *r)
{
	char	enhanced[SMTP_ENHANCED_TEXT];
	size_t	i;

	smtp_enhanced_text(r->enhanced, enhanced);
	buf_printf(&p->diagnostic, "%d", r->code);
	if (enhanced[0] != '\0')
		buf_printf(&p->diagnostic, " %s", enhanced);
	for (i = 0; i < smtp_reply_lines(r); i++) {
		notice_add(&p->diagnostic, STR(" "));
		notice_add(&p->diagnostic, smtp_reply_line(r, i));
	}
	p->order.diagnostictype = STR("smtp");
}

static void
notice_status(struct passage *p, int class, int subject, int detail)
{
	const int	enhanced[3] = { class, subject, detail };

	smtp_enhanced_text(enhanced, p->status);
}

static void
notice_attempt(struct passage *p)
{
	const struct attempt		*a = p->attempt;
	const struct attempt_connection	*c = a->connection;
	const struct smtp_reply		*r = a->reply != NULL ? a->reply :
					    a->refusal;

	if (a->reply == NULL)
		notice_status(p, a->enhanced[0], a->enhanced[1],
		    a->enhanced[2]);
	else if (a->reply->enhanced[0] != 0)
		smtp_enhanced_text(a->reply->enhanced, p->status);
	else
		notice_status(p, a->reply->code / 100, 0, 0);
	if (r != NULL)
		notice_reply(p, r);
	else {
		notice_add(&p->diagnostic, str_of(a->message));
		p->order.diagnostictype = STR("x-error");
	}
	if (r != NULL && a->state != SMTP_STATE_NONE)
		p->order.reply_to = str_of(smtp_state_name(a->state));
	p->order.remotemta = c->remotemx;
	if (p->order.remotemta.len > 255)
		p->order.remotemta.len = 255;
	p->order.remoteip = str_of(c->remoteip);
	p->order.attempt_us = (uint64_t)p->wall_ms * 1000;
}

/* No attempt was made: what ended it says so. */
static void
notice_without(struct passage *p)
{
	struct str	why = p->before != NULL ? p->before->reason :
			    p->result == PASSAGE_HAND ?
			    p->entry->state.reason : STR_NONE;

	if (p->result == PASSAGE_NONE || (p->before != NULL &&
	    p->before->action == PREDELIVERY_QUEUE)) {
		notice_status(p, 4, 4, 7);
		why = STR("it could not be delivered in time");
	} else
		notice_status(p, 5, 0, 0);
	if (why.len == 0)
		why = STR("it was given up");
	notice_add(&p->diagnostic, why);
	p->order.diagnostictype = STR("x-error");
}

void
notice_facts(struct passage *p)
{
	memset(&p->order, 0, sizeof p->order);
	buf_clear(&p->diagnostic);
	p->status[0] = p->id[0] = '\0';
	if (p->attempt != NULL)
		notice_attempt(p);
	else
		notice_without(p);
	if (p->retry.late)
		notice_status(p, 5, 4, 7);
	p->order.status = str_of(p->status);
	p->order.diagnosticcode = buf_str(&p->diagnostic);
}

/* ---- Orders -------------------------------------------------------------- */

void
notice_order(struct passage *p, enum entry_action action)
{
	int64_t	left = retry_expiry(p->options, &p->life) - p->now_ms;

	p->order.action = action;
	if (p->id[0] == '\0')
		uuid_v7(p->id);
	p->order.id = str_of(p->id);
	p->order.transportid = p->dsn_transport;
	p->order.until_us = 0;
	if (action == ENTRY_ACTION_DELAYED && left > 0)
		p->order.until_us = (uint64_t)(p->wall_ms + left) * 1000;
}

#define LAY_UINT(name)	if (asked->name != 0) o->name = asked->name
#define LAY_TEXT(name)	if (asked->name.len > 0) o->name = asked->name
#define LAY_LIST(name)	LAY_TEXT(name)
#define LAY_PAIRS(name)	LAY_TEXT(name)

void
notice_lay(struct dsn_order *o, const struct dsn_order *asked)
{
#define ORDER_FIELD(tag, kind, name, max, what)	LAY_##kind(name);
#include "dsn/order.def"
#undef ORDER_FIELD
}
