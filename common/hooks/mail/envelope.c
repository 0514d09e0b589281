/*
 * The envelope of send(): what the script's first two arguments say, and what
 * of the transaction passes through.
 */
#include <string.h>

#include "base/clock.h"
#include "eod_private.h"
#include "hooks/run/values.h"

#define RECIPIENTS_MAX	100000
#define PARAMS_MAX	500

static bool
path_same(const struct smtp_path *a, const struct smtp_path *b)
{
	return str_eq(a->localpart, b->localpart) &&
	    str_caseeq(a->domain, b->domain);
}

/* Scripts nearly always name the recipients in their order: the one after the
 * last is looked at first, so that a thousand cost a thousand comparisons. */
const struct hook_recipient *
envelope_recipient(const struct hook_transaction *t,
    const struct hook_recipient **next, const struct smtp_path *path)
{
	const struct hook_recipient	*r = *next;

	if (r == NULL || !path_same(&r->path, path))
		STAILQ_FOREACH(r, &t->recipients, link)
			if (path_same(&r->path, path))
				break;
	if (r != NULL)
		*next = STAILQ_NEXT(r, link);
	return r;
}

/* DSN options of the transaction's recipient with the same address. */
static void
rcpt_pass_through(const struct hook_transaction *t,
    const struct hook_recipient **next, struct send_rcpt *rcpt)
{
	const struct hook_recipient	*r;

	r = envelope_recipient(t, next, &rcpt->path);
	if (r == NULL)
		return;
	rcpt->notify = r->options.notify;
	rcpt->orcpt = r->options.orcpt;
}

/* ---- Parameters -------------------------------------------------------- */

/* What is read of an address's params; the rest goes out as it is. */
struct params {
	struct hsl_call		*c;
	const char *const	*known;
	struct smtp_command	*own;		/* those known */
	struct buf		 others;	/* " KEY=VALUE ..." */
};

static bool
param_is_word(struct str s, bool value)
{
	size_t		i;
	unsigned char	c;

	for (i = 0; i < s.len; i++) {
		c = (unsigned char)s.p[i];
		if (value ? c <= ' ' || c >= 0x7f || c == '=' :
		    !ascii_isalnum(c) && (c != '-' || i == 0))
			return false;
	}
	return s.len != 0;
}

static bool
param_is_known(const struct params *p, struct str key)
{
	const char *const	*name;

	for (name = p->known; *name != NULL; name++)
		if (str_caseeq(key, str_of(*name)))
			return true;
	return false;
}

/* The value is text; none where the key stands alone. */
static enum hsl_rc
param_add(struct params *p, struct arena *a, struct str key,
    struct hsl_value v)
{
	struct buf	text = BUF_INIT;
	struct str	value = STR_NONE;

	if (v.type != HSL_NONE) {
		hsl_value_print(v, &text);
		value = arena_str(a, buf_str(&text));
		buf_free(&text);
	}
	if (!param_is_word(key, false) ||
	    (v.type != HSL_NONE && !param_is_word(value, true)))
		return hsl_throw(p->c, "send: '%.*s' is no parameter of an "
		    "address", (int)(key.len < 64 ? key.len : 64), key.p);
	if (str_caseeq(key, STR("SIZE")))
		return HSL_OK;		/* the message's own is said */
	if (param_is_known(p, key)) {
		if (p->own->param_count == SMTP_PARAM_MAX)
			return hsl_throw(p->c, "send: too many parameters");
		p->own->param[p->own->param_count++] =
		    (struct smtp_param){ arena_str(a, key), value };
		return HSL_OK;
	}
	buf_add_byte(&p->others, ' ');
	buf_add_str(&p->others, key);
	if (value.p != NULL) {
		buf_add_byte(&p->others, '=');
		buf_add_str(&p->others, value);
	}
	return HSL_OK;
}

/* Those of `known` to *own, the others as text to *out. */
static enum hsl_rc
params_read(struct hsl_call *c, struct arena *a, struct hsl_value address,
    const char *const *known, struct smtp_command *own, struct str *out)
{
	struct hsl_value	list = hsl_array_get(address, "params"), key, v;
	struct params		p = { c, known, own, BUF_INIT };
	enum hsl_rc		rc = HSL_OK;
	size_t			pos = 0;

	own->param_count = 0;
	own->leniency = NULL;
	if (address.type != HSL_ARRAY || list.type == HSL_NONE)
		return HSL_OK;
	if (list.type != HSL_ARRAY)
		return hsl_throw(c, "send: params is an array");
	while (rc == HSL_OK && hsl_array_next(list, &pos, &key, &v))
		rc = param_add(&p, a, key.type == HSL_STRING ?
		    hsl_value_str(key) : STR(""), v);
	if (rc == HSL_OK && p.others.len > PARAMS_MAX)
		rc = hsl_throw(c, "send: parameters of an address are longer "
		    "than %d bytes", PARAMS_MAX);
	if (rc == HSL_OK && p.others.len != 0)
		*out = arena_str(a, buf_str(&p.others));
	buf_free(&p.others);
	return rc;
}

static enum hsl_rc
params_of_recipient(struct hsl_call *c, struct arena *a, struct hsl_value v,
    struct send_rcpt *rcpt)
{
	static const char *const	known[] = { "NOTIFY", "ORCPT", NULL };
	struct smtp_command		own;
	struct smtp_rcpt_options	o;
	struct smtp_refusal		why;
	enum hsl_rc			rc;

	rc = params_read(c, a, v, known, &own, &rcpt->params);
	if (rc != HSL_OK || own.param_count == 0)
		return rc;
	if (smtp_rcpt_options(&o, &own, ~0u, true, &why) == -1)
		return hsl_throw(c, "send: NOTIFY or ORCPT of a recipient is "
		    "not well formed");
	if (o.notify != 0)
		rcpt->notify = o.notify;
	if (o.orcpt.len != 0)
		rcpt->orcpt = o.orcpt;
	return HSL_OK;
}

static enum hsl_rc
params_of_sender(struct hsl_call *c, struct arena *a, struct hsl_value v,
    struct send_request *rq)
{
	static const char *const	known[] = { "BODY", "SMTPUTF8", "RET",
	    "ENVID", "BY", NULL };
	struct smtp_command		own;
	struct smtp_mail_options	o;
	struct smtp_refusal		why;
	enum hsl_rc			rc;

	rc = params_read(c, a, v, known, &own, &rq->params);
	if (rc != HSL_OK || own.param_count == 0)
		return rc;
	if (smtp_mail_options(&o, &own, ~0u, &why) == -1)
		return hsl_throw(c, "send: BODY, SMTPUTF8, RET, ENVID or BY "
		    "of the sender is not well formed");
	if (o.body != SMTP_BODY_NONE)
		rq->body_type = o.body;
	rq->smtputf8 = rq->smtputf8 || o.smtputf8;
	if (o.ret != SMTP_RET_NONE)
		rq->ret = o.ret;
	if (o.envid.len != 0)
		rq->envid = o.envid;
	if (o.by != SMTP_BY_NONE)
		rq->by = o;
	return HSL_OK;
}

/* ---- The envelope ------------------------------------------------------ */

static enum hsl_rc
request_recipients(struct eod_run *r, struct hsl_call *c,
    struct hsl_value list, struct send_request *rq)
{
	const struct hook_recipient	*next;
	struct hsl_value		 key, v;
	size_t				 pos = 0, n = 0;
	size_t				 count = hsl_array_count(list);

	if (list.type != HSL_ARRAY || count == 0 || count > RECIPIENTS_MAX)
		return hsl_throw(c, "send: recipients is an array of at "
		    "least one address");
	r->delivery.rcpts = arena_alloc(&r->delivery.arena,
	    count * sizeof *rq->rcpts);
	next = STAILQ_FIRST(&r->run.rq.txn->recipients);
	while (n < count && hsl_array_next(list, &pos, &key, &v)) {
		r->delivery.rcpts[n] = (struct send_rcpt){ .notify = 0 };
		if (values_to_path(v, &r->delivery.arena,
		    &r->delivery.rcpts[n].path) == -1 ||
		    r->delivery.rcpts[n].path.null)
			return hsl_throw(c, "send: recipient %zu is not an "
			    "address", n);
		rcpt_pass_through(r->run.rq.txn, &next, &r->delivery.rcpts[n]);
		if (params_of_recipient(c, &r->delivery.arena, v,
		    &r->delivery.rcpts[n]) != HSL_OK)
			return HSL_THROW;
		n++;
	}
	rq->rcpts = r->delivery.rcpts;
	rq->rcpt_count = n;
	return HSL_OK;
}

#define BY_MOST	999999999	/* seconds: nine digits */

/* What is left of the client's BY.  A return is never due at once: that would
 * be refused as malformed. */
static void
by_pass_through(const struct hook_transaction *t, struct send_request *rq)
{
	int64_t	least = t->options.by == SMTP_BY_RETURN ? 1 : -BY_MOST;
	int64_t	left;

	if (t->options.by == SMTP_BY_NONE)
		return;
	rq->by = t->options;
	left = t->by - clock_wall_us() / 1000000;
	if (left < least)
		left = least;
	rq->by.by_seconds = (int32_t)(left < BY_MOST ? left : BY_MOST);
}

enum hsl_rc
envelope_read(struct eod_run *r, struct hsl_call *c,
    struct send_request *rq)
{
	const struct smtp_mail_options	*o = &r->run.rq.txn->options;

	if (values_to_path(c->argv[0], &r->delivery.arena, &rq->sender) == -1)
		return hsl_throw(c, "send: sender is not an address");
	rq->body_type = o->body;
	rq->smtputf8 = o->smtputf8;
	rq->requiretls = o->requiretls;
	rq->tls_not_required = r->rq.tls_not_required;
	rq->ret = o->ret;
	rq->envid = o->envid;
	by_pass_through(r->run.rq.txn, rq);
	if (params_of_sender(c, &r->delivery.arena, c->argv[0], rq) != HSL_OK)
		return HSL_THROW;
	return request_recipients(r, c, c->argv[1], rq);
}
