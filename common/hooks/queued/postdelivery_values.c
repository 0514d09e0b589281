/*
 * $arguments and $context behind an attempt.  What is not known is not there.
 */
#include <stdio.h>

#include "hooks/run/values.h"

#include "postdelivery_values.h"

static const char *
default_name(enum postdelivery_default d)
{
	static const char *const	names[] = {
		[POSTDELIVERY_QUEUES] = "QUEUE",
		[POSTDELIVERY_BOUNCES] = "BOUNCE",
		[POSTDELIVERY_DELETES] = "DELETE",
	};

	return names[d];
}

/* "5.1.1" as a list of numbers; none: it is no such text. */
static struct hsl_value
order_status(struct hsl_exec *x, struct str text)
{
	int		 n[3], i;
	uint64_t	 one;
	struct str	 part;

	for (i = 0; i < 3; i++) {
		part = str_split(text, '.', &text);
		if (str_uint(part, 999, &one) == -1)
			return hsl_none();
		n[i] = (int)one;
	}
	return text.p == NULL ? values_enhanced(x, n) : hsl_none();
}

/* A notification is for one recipient: the first entry of its transaction. */
static struct hsl_value
order_id(struct hsl_exec *x, struct str transaction)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "transaction", hsl_string(x, transaction));
	hsl_array_set(x, v, "queue", hsl_number(1));
	return v;
}

static struct hsl_value
order_value(struct hsl_exec *x, const struct dsn_order *o)
{
	struct hsl_value	v = hsl_array(x);
	struct hsl_value	status = order_status(x, o->status);

	if (o->action != 0)
		hsl_array_set(x, v, "action", hsl_text(x,
		    dsn_action_name(o->action)));
	if (o->id.len > 0)
		hsl_array_set(x, v, "id", order_id(x, o->id));
	if (status.type == HSL_ARRAY)
		hsl_array_set(x, v, "status", status);
	if (o->diagnostictype.len > 0)
		hsl_array_set(x, v, "diagnostictype",
		    hsl_string(x, o->diagnostictype));
	if (o->diagnosticcode.len > 0)
		hsl_array_set(x, v, "diagnosticcode",
		    hsl_string(x, o->diagnosticcode));
	return v;
}

/* Arrays, or they are left out. */
static void
arguments_add(struct hsl_exec *x, struct hsl_value to, const char *name,
    struct hsl_value v)
{
	if (v.type == HSL_ARRAY && hsl_array_count(v) > 0)
		hsl_array_set(x, to, name, v);
	else
		hsl_value_unref(x, v);
}

struct hsl_value
postdelivery_arguments(struct hsl_exec *x,
    const struct postdelivery_request *rq)
{
	struct hsl_value	v = hsl_array(x), policy;

	hsl_array_set(x, v, "retry", hsl_number((double)rq->retry));
	hsl_array_set(x, v, "expired", hsl_boolean(rq->expired));
	if (rq->by_default != POSTDELIVERY_DELIVERED)
		hsl_array_set(x, v, "action", hsl_text(x,
		    default_name(rq->by_default)));
	if (rq->grouping.len > 0)
		hsl_array_set(x, v, "grouping", hsl_string(x, rq->grouping));
	if (rq->policy.len > 0 && hsl_json_decode(x, rq->policy, &policy))
		arguments_add(x, v, "policy", policy);
	if (rq->attempt != NULL)
		hsl_array_set(x, v, "attempt", values_attempt(x, rq->attempt,
		    ATTEMPT_QUEUED));
	if (rq->dsn != NULL)
		arguments_add(x, v, "dsn", order_value(x, rq->dsn));
	return v;
}

struct hsl_value
postdelivery_context(struct hsl_exec *x,
    const struct postdelivery_request *rq)
{
	struct hsl_value	v = hsl_none();
	struct err		e;

	if (rq->context.len > 0 &&
	    hsl_thaw_bytes(x, rq->context, &v, &e) == -1)
		LOG(EV_HOOK_ERROR, rq->log, LOG_STR("hook", "postdelivery"),
		    LOG_STR("variable", "context"),
		    LOG_STR("reason", e.text));
	return v;
}
