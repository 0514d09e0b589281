/*
 * Rows are made when they are asked for, a bounded number of them; they leave
 * as the asker gives credit.
 */
#include <string.h>

#include "base/log.h"
#include "ipc/channel.h"
#include "schedule/policy_list.h"

#include "delivery.h"
#include "desk.h"
#include "policies.h"
#include "policy_rows.h"

#define DESK_LIMIT	1000		/* rows, where none is asked for */
#define DESK_LIMIT_MAX	100000

static uint64_t
desk_limit(uint64_t asked)
{
	return asked == 0 ? DESK_LIMIT :
	    asked > DESK_LIMIT_MAX ? DESK_LIMIT_MAX : asked;
}

static int
desk_live(struct query *q, struct rbuf *r)
{
	struct ipc_LIVE_LIST	m;

	if (ipc_get_LIVE_LIST(r, &m) == -1 || (m.kind != LIVE_KIND_POLICY &&
	    m.kind != LIVE_KIND_SUSPENSION))
		return -1;
	q->made_more = policy_rows_live(&q->made, (enum live_kind)m.kind,
	    desk_limit(m.limit));
	return 1;
}

static int
desk_limiters(struct query *q, struct rbuf *r)
{
	struct ipc_LIMITER_LIST	m;

	if (ipc_get_LIMITER_LIST(r, &m) == -1)
		return -1;
	q->made_more = policy_rows_limiters(&q->made, str_of(m.policy),
	    desk_limit(m.limit));
	return 1;
}

static int
desk_shape(struct query *q, struct rbuf *r)
{
	struct ipc_QUEUE_SHAPE	m;
	struct policy_values	v;

	if (ipc_get_QUEUE_SHAPE(r, &m) == -1 ||
	    policy_values_get(&v, m.values) == -1)
		return -1;
	policy_rows_shape(&q->made, &v);
	return 1;
}

static bool
desk_list_find(struct str id, struct policy_list_view *v)
{
	struct policies	*p = policies_all();
	size_t		 i;

	for (i = 0; i < policies_list_count(p); i++) {
		policies_list_at(p, i, v);
		if (str_eq(v->id, id))
			return true;
	}
	return false;
}

static int
desk_list_show(struct query *q, struct rbuf *r, const char **why)
{
	struct ipc_LIST_SHOW	m;
	struct policy_list_view	v;

	if (ipc_get_LIST_SHOW(r, &m) == -1)
		return -1;
	if (!desk_list_find(str_of(m.id), &v)) {
		*why = "policy.cf has no list of this id";
		return 2;
	}
	q->made_more = policies_list_show(policies_all(), v.id,
	    desk_limit(m.limit), &q->made);
	return 1;
}

static int
desk_list_change(struct query *q, struct rbuf *r, const char **why)
{
	static struct err	e;
	struct ipc_LIST_CHANGE	m;
	struct str		id;
	int			rc;

	if (ipc_get_LIST_CHANGE(r, &m) == -1)
		return -1;
	id = str_of(m.id);
	rc = m.remove != 0 ?
	    policies_list_delete(policies_all(), id, m.item, &e) :
	    policies_list_add(policies_all(), id, m.item, &e);
	if (rc == -1) {
		*why = e.text;
		return 2;
	}
	LOG(EV_QUEUE_POLICY, NULL, LOG_STR("by", "admin"),
	    LOG_NUM("uid", q->uid),
	    LOG_STR("action", m.remove != 0 ? "list-delete" : "list-add"),
	    LOG_BYTES("id", id));
	q->changed = 1;
	policies_changed();
	return 2;
}

static int
desk_refill(struct query *q, struct rbuf *r, const char **why)
{
	struct ipc_POLICY_REFILL m;
	struct policy_values	 v;

	if (ipc_get_POLICY_REFILL(r, &m) == -1 ||
	    policy_values_get(&v, m.values) == -1)
		return -1;
	if (policies_find(policies_all(), str_of(m.policy)) == NULL) {
		*why = "policy.cf has no policy of this id";
		return 2;
	}
	q->changed = policies_refill(str_of(m.policy), &v);
	LOG(EV_QUEUE_POLICY, NULL, LOG_STR("by", "admin"),
	    LOG_NUM("uid", q->uid), LOG_STR("action", "refill"),
	    LOG_STR("id", m.policy));
	return 2;
}

int
desk_on_frame(struct query *q, int type, struct rbuf *r, const char **why)
{
	if (type < IPC_LIVE_LIST || type > IPC_LIST_CHANGE)
		return 0;
	if (policies_live() == NULL) {
		*why = "the queue is still being read";
		return 2;
	}
	switch (type) {
	case IPC_LIVE_LIST:
		return desk_live(q, r);
	case IPC_LIMITER_LIST:
		return desk_limiters(q, r);
	case IPC_QUEUE_SHAPE:
		return desk_shape(q, r);
	case IPC_LIST_SHOW:
		return desk_list_show(q, r, why);
	case IPC_LIST_CHANGE:
		return desk_list_change(q, r, why);
	case IPC_POLICY_REFILL:
		return desk_refill(q, r, why);
	default:
		return 0;
	}
}
