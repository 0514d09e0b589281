/*
 * What an entry waits for, in the words of mtactl(8).
 */
#include "delivery.h"
#include "hopset.h"
#include "policies.h"
#include "policy_rows.h"
#include "query.h"

#define EXPLAIN_HOPS	16		/* that are shown */
#define EXPLAIN_HOLDERS	8		/* of a limiter */
#define EXPLAIN_ENTRIES	4		/* of a holder */

static const char	*const explain_names[] = {
	[SCHEDULE_WAIT_TURN] = "turn",
	[SCHEDULE_WAIT_SENDING] = "sending",
	[SCHEDULE_WAIT_CONCURRENCY] = "concurrency",
	[SCHEDULE_WAIT_RATE] = "rate",
	[SCHEDULE_WAIT_CONNECT] = "connectinterval",
	[SCHEDULE_WAIT_WORKER] = "worker",
	[SCHEDULE_WAIT_CLOSED] = "suspended",
	[SCHEDULE_WAIT_BARRED] = "unreachable",
};

static void
explain_why(struct buf *out, const char *why, struct str limiter,
    int64_t wall_ms)
{
	buf_printf(out, "\"why\":\"%s\"", why);
	if (limiter.len > 0) {
		buf_add_text(out, ",\"limiter\":");
		buf_add_json(out, limiter);
	}
	if (wall_ms > 0)
		buf_printf(out, ",\"until\":%lld.%03lld",
		    (long long)wall_ms / 1000, (long long)wall_ms % 1000);
}

static void
explain_put(struct buf *out, const char *why, int64_t wall_ms)
{
	buf_add_text(out, ",\"explain\":{");
	explain_why(out, why, STR_NONE, wall_ms);
	buf_add_text(out, "}}");
}

static void
explain_reason(struct buf *out, const struct queue_row *r,
    const struct schedule_reason *why)
{
	int64_t	wall_ms = 0;

	if (why->room_ms > 0 && why->room_ms < INT64_MAX)
		wall_ms = r->wall_ms + why->room_ms - delivery_now();
	explain_why(out, explain_names[why->why], why->limiter, wall_ms);
}

/* ---- Who has what it waits for ------------------------------------------ */

/* What is said of an entry; limiters that are full, each once. */
struct full {
	struct buf		*out;
	const struct queue_row	*row;
	struct str		 name[EXPLAIN_HOPS + 1];
	unsigned		 count;
};

static void
explain_noted(struct full *f, const struct schedule_reason *why)
{
	unsigned	i;

	explain_reason(f->out, f->row, why);
	if (why->why != SCHEDULE_WAIT_CONCURRENCY || why->limiter.len == 0)
		return;
	for (i = 0; i < f->count; i++)
		if (str_eq(f->name[i], why->limiter))
			return;
	if (f->count < sizeof f->name / sizeof f->name[0])
		f->name[f->count++] = why->limiter;
}

static const struct job *
lease_job(const struct lease *l)
{
	const struct job	*j;

	TAILQ_FOREACH(j, &l->agent->jobs, link)
		if (j->lease == l->number)
			return j;
	return NULL;
}

static void
explain_entries(struct buf *out, const struct job *j)
{
	const struct active	*a;
	struct spool_id		 id;
	char			 text[SPOOL_ID_TEXT];
	int			 count = 0;

	buf_add_text(out, ",\"entries\":[");
	TAILQ_FOREACH(a, &j->entries, link) {
		if (count == EXPLAIN_ENTRIES)
			break;
		spool_id_get(&id, a->key);
		spool_id_text(text, &id);
		buf_printf(out, "%s\"%s\"", count++ > 0 ? "," : "", text);
	}
	buf_add_byte(out, ']');
}

/* A connection without a lease is that of an attempt which had begun before
 * this qmgr, and of which no worker has told yet. */
static void
explain_holder(struct buf *out, schedule_conn conn)
{
	const struct lease	*l = lease_of_conn(conn);
	const struct job	*j;

	if (l == NULL) {
		buf_add_text(out, "{\"before\":true}");
		return;
	}
	buf_printf(out, "{\"worker\":%d", (int)l->agent->pid);
	if ((j = lease_job(l)) == NULL)
		buf_add_text(out, ",\"idle\":true");
	else
		explain_entries(out, j);
	buf_add_byte(out, '}');
}

static void
explain_holders(struct buf *out, struct str limiter)
{
	uint32_t	at = 0;
	schedule_conn	conn;
	int		count = 0;

	buf_add_text(out, "{\"limiter\":");
	buf_add_json(out, limiter);
	buf_add_text(out, ",\"by\":[");
	while (count < EXPLAIN_HOLDERS && schedule_holder_next(
	    delivery_schedule(), limiter, &at, &conn)) {
		buf_add_text(out, count++ > 0 ? "," : "");
		explain_holder(out, conn);
	}
	buf_add_text(out, "]}");
}

static void
explain_full(const struct full *f)
{
	struct buf	*out = f->out;
	unsigned	 i;

	for (i = 0; i < f->count; i++) {
		buf_add_text(out, i == 0 ? ",\"held\":[" : ",");
		explain_holders(out, f->name[i]);
	}
	if (f->count > 0)
		buf_add_byte(out, ']');
}

/* One way that it could go, and what is in the way. */
static void
explain_hop(struct full *f, const struct active *a,
    const struct schedule_subqueue *q, struct str grouping, unsigned hop)
{
	const struct hopset	*h = hopset_at(a->place);
	const struct nexthop	*to = &h->hops.hop[hop];
	struct buf		*out = f->out;
	struct schedule_reason	 why;
	struct policy_match	 m;

	buf_printf(out, "%s{\"preference\":%u,\"remotemx\":",
	    hop > 0 ? "," : "", to->preference);
	buf_add_json(out, to->mx);
	buf_add_text(out, ",\"address\":");
	buf_add_json(out, h->texts.of[hop].host);
	if (h->texts.of[hop].localip.len > 0) {
		buf_add_text(out, ",\"localip\":");
		buf_add_json(out, h->texts.of[hop].localip);
	}
	buf_add_byte(out, ',');
	if (schedule_explain_candidate(delivery_schedule(), a->ref, hop,
	    delivery_now(), &why))
		explain_noted(f, &why);
	else
		explain_why(out, "turn", STR_NONE, 0);
	policies_match(q, grouping, h, hop, &m);
	buf_add_text(out, ",\"policies\":");
	policy_rows_match(out, &m);
	if (m.suspension != NULL) {
		buf_add_text(out, ",\"suspension\":");
		policy_rows_suspension(out, m.suspension);
	}
	buf_add_byte(out, '}');
}

/* It has nowhere to go, and no attempt says so for now. */
static void
explain_nowhere(struct buf *out, const struct schedule_subqueue *q)
{
	struct policy_match	m;

	if (!policies_suspend(q, &m))
		return;
	buf_add_text(out, ",\"suspension\":");
	policy_rows_suspension(out, m.suspension);
}

/* One that the scheduler has. */
static void
explain_active(struct buf *out, const struct queue_row *r,
    const struct active *a)
{
	struct schedule_subqueue q;
	struct schedule_reason	 why;
	struct str		 grouping;
	struct buf		 text = BUF_INIT;
	struct full		 full = { .out = out, .row = r };
	unsigned		 i, hops;

	schedule_explain(delivery_schedule(), a->ref, delivery_now(), &why);
	buf_add_text(out, ",\"explain\":{");
	explain_noted(&full, &why);
	if (a->place != 0) {
		active_subqueue(a, &q, &text, &r->accepted);
		grouping = policies_grouping_of(&q, hopset_at(a->place));
		buf_add_text(out, ",\"grouping\":");
		buf_add_json(out, grouping);
		buf_add_text(out, ",\"hops\":[");
		hops = (unsigned)hopset_at(a->place)->hops.count;
		for (i = 0; i < hops && i < EXPLAIN_HOPS; i++)
			explain_hop(&full, a, &q, grouping, i);
		buf_add_byte(out, ']');
		if (hops == 0)
			explain_nowhere(out, &q);
	}
	explain_full(&full);
	buf_add_text(out, "}}");
	buf_free(&text);
}

/* Of a notification that could not be made: when it is asked for again. */
static int64_t
explain_asked_again(const struct queue_row *r)
{
	struct entry_state	s;
	struct err		e;

	if (r->entry.due_ms <= r->now_ms ||
	    book_state(keeper_book(), &r->id, &s, &e) != 0 ||
	    s.order_tries == 0)
		return 0;
	return r->wall_ms + r->entry.due_ms - r->now_ms;
}

static void
explain_put_row(struct buf *out, const struct queue_row *r)
{
	struct active	*a = active_find(&r->id);

	queue_row_json(out, r);
	buf_truncate(out, out->len - 1);	/* its brace */
	if (a != NULL && a->apart)
		explain_put(out, "sending", 0);
	else if (a != NULL && a->prepares)
		explain_put(out, "preparing", 0);
	else if (a != NULL && a->routing)
		explain_put(out, "routing", 0);
	else if (a != NULL)
		explain_active(out, r, a);
	else if (r->entry.state == STATE_HOLD)
		explain_put(out, "held", 0);
	else if (r->entry.state == STATE_BOUNCING)
		explain_put(out, "bounce", explain_asked_again(r));
	else if (r->entry.state == STATE_DEFER && r->entry.due_ms > r->now_ms)
		explain_put(out, "time", r->wall_ms +
		    r->entry.due_ms - r->now_ms);
	else
		explain_put(out, "room", 0);
}

void
explain_row(struct query *q, const struct queue_row *r)
{
	explain_put_row(&q->rows, r);
	query_row_end(q);
}
