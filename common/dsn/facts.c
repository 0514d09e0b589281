/*
 * Facts are found once; the text for people and the text for programs are
 * made of the same ones.
 */
#include <stdio.h>
#include <string.h>

#include "mime/date.h"
#include "spool/spool_id.h"

#include "facts.h"
#include "text.h"

static bool
facts_status_ok(struct str s)
{
	struct str	a, b, c;
	uint64_t	n;

	a = str_split(s, '.', &b);
	b = str_split(b, '.', &c);
	return a.len == 1 && strchr("245", a.p[0]) != NULL && b.len <= 3 &&
	    c.len <= 3 && str_uint(b, 999, &n) == 0 &&
	    str_uint(c, 999, &n) == 0;
}

static void
facts_set_status(struct facts *f)
{
	static const char *const	by_action[] = {
		[ENTRY_ACTION_NONE] = "5.0.0",
		[ENTRY_ACTION_FAILED] = "5.0.0",
		[ENTRY_ACTION_DELAYED] = "4.0.0",
		[ENTRY_ACTION_DELIVERED] = "2.0.0",
		[ENTRY_ACTION_RELAYED] = "2.0.0",
		[ENTRY_ACTION_EXPANDED] = "2.0.0" };
	struct str			s = f->rq->order->status;

	if (!facts_status_ok(s))
		s = str_of(by_action[f->action]);
	(void)snprintf(f->status, sizeof f->status, "%.*s", (int)s.len, s.p);
}

static bool
facts_utf8(struct str address)
{
	return !str_is_ascii(address) && utf8_valid(address);
}

int
facts_init(struct facts *f, const struct notification_request *rq,
    struct err *e)
{
	const struct dsn_order		*o = rq->order;
	const struct spool_entry	*n = rq->entry;
	struct spool_id			 id;

	memset(f, 0, sizeof *f);
	f->rq = rq;
	f->action = (enum entry_action)(o->action <= ENTRY_ACTION_EXPANDED ?
	    o->action : ENTRY_ACTION_NONE);
	if (f->action == ENTRY_ACTION_NONE)
		f->action = ENTRY_ACTION_FAILED;
	facts_set_status(f);
	f->to = o->recipient.len != 0 ? o->recipient : n->sender;
	f->recipient = o->finalrecipient.len != 0 ? o->finalrecipient :
	    n->recipient;
	f->utf8 = facts_utf8(f->recipient) || facts_utf8(n->dsn_orcpt);
	f->ret = (enum order_ret)o->ret;
	if (f->ret == ORDER_RET_DEFAULT)
		f->ret = n->dsn_ret == ENTRY_RET_FULL ? ORDER_RET_FULL :
		    ORDER_RET_HDRS;
	/* RFC 3461 6.2: what was asked for is failures' alone; a success is
	 * told without what has arrived. */
	if (f->ret == ORDER_RET_FULL && o->ret == ORDER_RET_DEFAULT &&
	    f->action != ENTRY_ACTION_FAILED)
		f->ret = ORDER_RET_HDRS;
	if (spool_id_parse(&id, o->id) == -1 || id.queue != 0)
		return err_set(e, "the order has no id");
	return f->to.len != 0 ? 0 : err_set(e, "there is nobody to tell");
}

void
facts_fini(struct facts *f)
{
	size_t	i;

	for (i = 0; i < TEMPLATE_PLACES; i++)
		buf_free(&f->store[i]);
}

/* ---- What stands in braces ----------------------------------------------- */

static void
facts_set(struct facts *f, enum template_place place, struct str s)
{
	buf_clear(&f->store[place]);
	text_clean(&f->store[place], s);
	f->values.of[place] = str_trim(buf_str(&f->store[place]));
}

static void
facts_set_time(struct facts *f, enum template_place place, uint64_t us)
{
	struct buf	b = BUF_INIT;

	if (us == 0)
		return;
	date_add(&b, (int64_t)(us / 1000000));
	facts_set(f, place, buf_str(&b));
	buf_free(&b);
}

static void
facts_set_remote(struct facts *f)
{
	const struct dsn_order	*o = f->rq->order;
	struct buf		 b = BUF_INIT;

	buf_add_str(&b, o->remotemta);
	if (o->remoteip.len != 0)
		buf_printf(&b, o->remotemta.len != 0 ? " (%.*s)" : "%.*s",
		    (int)o->remoteip.len, o->remoteip.p);
	facts_set(f, TEMPLATE_remote, buf_str(&b));
	buf_free(&b);
}

/* What people know the command by. */
static struct str
facts_command(struct str state)
{
	static const struct {
		const char	*state, *words;
	} names[] = {
		{ "MAIL", "MAIL FROM" }, { "RCPT", "RCPT TO" },
		{ "EOD", "end of DATA" }, { "BANNER", "connection" },
	};
	size_t	i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (str_eq(state, str_of(names[i].state)))
			return str_of(names[i].words);
	return state;
}

static void
facts_set_explanation(struct facts *f)
{
	struct buf	b = BUF_INIT;

	template_explain(f->template, str_of(f->status), &b);
	facts_set(f, TEMPLATE_explanation, buf_str(&b));
	buf_free(&b);
}

void
facts_attached(struct facts *f, const char *section)
{
	struct buf	b = BUF_INIT;

	template_section(f->template, str_of(section), &b);
	facts_set(f, TEMPLATE_attached, buf_str(&b));
	buf_free(&b);
}

static void
facts_choose(struct facts *f, const struct original *o)
{
	struct buf	b = BUF_INIT;

	if (!f->rq->language_fixed)
		original_value(o, STR("Content-Language"), &b);
	f->template = templates_choose(f->rq->templates, buf_str(&b),
	    f->rq->language);
	buf_free(&b);
}

void
facts_read(struct facts *f, const struct original *o)
{
	const struct notification_request	*rq = f->rq;
	struct buf				 b = BUF_INIT;

	facts_choose(f, o);
	original_value(o, STR("Subject"), &b);
	facts_set(f, TEMPLATE_subject, buf_str(&b));
	buf_free(&b);
	facts_set(f, TEMPLATE_message_id, original_message_id(o));
	facts_set(f, TEMPLATE_recipient, f->recipient);
	facts_set(f, TEMPLATE_sender, rq->entry->sender);
	facts_set_time(f, TEMPLATE_date, rq->entry->ts_us);
	facts_set(f, TEMPLATE_envid, rq->entry->dsn_envid);
	facts_set(f, TEMPLATE_hostname, rq->hostname);
	facts_set_remote(f);
	facts_set(f, TEMPLATE_command, facts_command(rq->order->reply_to));
	facts_set(f, TEMPLATE_diagnostic, rq->order->diagnosticcode.len != 0 ?
	    rq->order->diagnosticcode : rq->order->why);
	facts_set(f, TEMPLATE_status, str_of(f->status));
	if (f->action == ENTRY_ACTION_DELAYED)
		facts_set_time(f, TEMPLATE_until, rq->order->until_us);
	facts_set(f, TEMPLATE_id, rq->id);
	facts_set_explanation(f);
}
