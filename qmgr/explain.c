/*
 * What an entry waits for, in the words of mtactl(8).
 */
#include "delivery.h"
#include "query.h"

static void
explain_put(struct buf *out, const char *why, struct str limiter,
    int64_t wall_ms)
{
	buf_printf(out, ",\"explain\":{\"why\":\"%s\"", why);
	if (limiter.len > 0) {
		buf_add_text(out, ",\"limiter\":");
		buf_add_json(out, limiter);
	}
	if (wall_ms > 0)
		buf_printf(out, ",\"until\":%lld.%03lld",
		    (long long)wall_ms / 1000, (long long)wall_ms % 1000);
	buf_add_text(out, "}}");
}

/* One that the scheduler has. */
static void
explain_active(struct buf *out, const struct queue_row *r,
    const struct active *a)
{
	static const char	*const names[] = {
		[SCHEDULE_WAIT_TURN] = "turn",
		[SCHEDULE_WAIT_SENDING] = "sending",
		[SCHEDULE_WAIT_CONCURRENCY] = "concurrency",
		[SCHEDULE_WAIT_RATE] = "rate",
		[SCHEDULE_WAIT_CONNECT] = "connectinterval",
		[SCHEDULE_WAIT_WORKER] = "worker",
		[SCHEDULE_WAIT_CLOSED] = "suspended",
		[SCHEDULE_WAIT_BARRED] = "unreachable",
	};
	struct schedule_reason	why;
	int64_t			wall_ms = 0;

	schedule_explain(delivery_schedule(), a->ref, delivery_now(), &why);
	if (why.room_ms > 0 && why.room_ms < INT64_MAX)
		wall_ms = r->wall_ms + why.room_ms - delivery_now();
	explain_put(out, names[why.why], why.limiter, wall_ms);
}

static void
explain_put_row(struct buf *out, const struct queue_row *r)
{
	struct active	*a = active_find(&r->id);

	queue_row_json(out, r);
	buf_truncate(out, out->len - 1);	/* its brace */
	if (a != NULL && a->apart)
		explain_put(out, "sending", STR_NONE, 0);
	else if (a != NULL)
		explain_active(out, r, a);
	else if (r->entry.state == STATE_HOLD)
		explain_put(out, "held", STR_NONE, 0);
	else if (r->entry.state == STATE_DEFER && r->entry.due_ms > r->now_ms)
		explain_put(out, "time", STR_NONE, r->wall_ms +
		    r->entry.due_ms - r->now_ms);
	else
		explain_put(out, "room", STR_NONE, 0);
}

void
explain_row(struct query *q, const struct queue_row *r)
{
	explain_put_row(&q->rows, r);
	query_row_end(q);
}
