/*
 * queue_quota(): how many entries of the queue are counted under a name.
 * qmgr(8) is asked; while it is down or reads the spool the script waits.
 */
#include <stdlib.h>

#include "library_share.h"

#define CHARGE		100
#define NAME_MAX_BYTES	1024	/* no longer one is counted */
#define WAIT_MS		10000

static const struct library_asked	quota_asked = {
	.of_quotas = true,
	.absent = "there is no queue: master.cf needs a row for qmgr.sock",
	.late = "qmgr does not answer",
	.most_ms = WAIT_MS,
};

static struct hsl_value
quota_value(struct hsl_exec *x, double count, double bytes)
{
	struct hsl_value	v = hsl_array(x);

	hsl_array_set(x, v, "count", hsl_number(count));
	hsl_array_set(x, v, "bytes", hsl_number(bytes));
	return v;
}

static struct hsl_value
reply_quota(struct hsl_exec *x, const struct share_answer *a,
    const char **wrong)
{
	if (a->status == SHARE_OK)
		return quota_value(x, a->number, (double)a->bytes);
	*wrong = "there are too many names for this one to be known";
	return hsl_none();
}

enum hsl_rc
library_queue_quota(struct hsl_call *c)
{
	struct share_question	q = { .op = SHARE_QUOTA };

	if (library_of(c->x)->host.quotas == NULL)
		return hsl_throw(c, "queue_quota(): there is no queue here");
	if (!hsl_arg_string(c, 0, &q.key) || !hsl_charge(c->x, CHARGE))
		return HSL_THROW;
	if (q.key.len > NAME_MAX_BYTES) {
		*c->ret = quota_value(c->x, 0, 0);
		return HSL_OK;
	}
	return library_ask_of(c->x, &quota_asked, "queue_quota()", &q,
	    reply_quota);
}
