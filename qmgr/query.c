/*
 * A walk that stops at any entry: no credit, the limit, or the end of its
 * slice.  Where it goes on is a batch and how many of its entries were shown.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "spool/book_envelope.h"
#include "spool/book_quota.h"
#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "spool/segment.h"

#include "delivery.h"
#include "query.h"

#define QUERY_SLICE_MS	3
#define QUERY_LOOKS	16	/* at entries, before one at the clock */
#define QUERY_WALK	256	/* entries that are changed together */
#define QUERY_ROWS	32768		/* bytes of a frame, about */
#define QUERY_ROW_MAX	1000000

struct query *
query_new(struct channel *c, uid_t uid)
{
	struct query	*q = xcalloc(1, sizeof *q);

	q->channel = c;
	q->uid = uid;
	q->filter = queue_filter_new();
	hmap_init(&q->groups);
	return q;
}

void
query_free(struct query **q)
{
	if (*q == NULL)
		return;
	if (keeper_book() != NULL)
		book_walk_end(keeper_book());
	group_free(*q);
	while ((*q)->assigns > 0) {
		struct assign	*a = &(*q)->assign[--(*q)->assigns];

		free(a->name);
		free(a->key);
		free((char *)(uintptr_t)a->value.p);
	}
	free((*q)->assign);
	free((*q)->refused);
	queue_filter_free(&(*q)->filter);
	content_close(&(*q)->content);
	disk_close(&(*q)->segment);
	free((*q)->found);
	buf_free(&(*q)->rows);
	buf_free(&(*q)->scratch);
	buf_free(&(*q)->made);
	free(*q);
	*q = NULL;
}

bool
query_changes(const struct query *q)
{
	return q->kind >= QUERY_HOLD;
}

/* ---- Cursors and ends ---------------------------------------------------- */

int
query_after(struct query *q, const char *text)
{
	int	n = 0;

	if (text[0] == '\0')
		return 0;
	if (sscanf(text, "%16" SCNx64 "-%16" SCNx64 "-%16" SCNx64 "%n",
	    &q->at.segment, &q->at.offset, &q->at.shown, &n) != 3 ||
	    text[n] != '\0')
		return -1;
	return 0;
}

static const char *
query_action(const struct query *q)
{
	static const char	*const names[] = { [QUERY_HOLD] = "hold",
	    [QUERY_RELEASE] = "release", [QUERY_RETRY] = "retry",
	    [QUERY_SET] = "set",
	    [QUERY_DELETE] = "delete", [QUERY_BOUNCE] = "bounce",
	    [QUERY_EXPORTED] = "export" };

	return names[q->kind];
}

static void
query_log(struct query *q)
{
	buf_clear(&q->scratch);
	queue_filter_text(q->filter, &q->scratch);
	LOG(EV_QUEUE_CHANGE, NULL, LOG_NUM("uid", q->uid),
	    LOG_STR("action", query_action(q)),
	    LOG_BYTES("filter", buf_str(&q->scratch)),
	    LOG_NUM("matched", (int64_t)q->matched),
	    LOG_NUM("changed", (int64_t)q->changed),
	    LOG_NUM("busy", (int64_t)q->busy));
}

void
query_done(struct query *q, const char *why)
{
	struct ipc_QUEUE_DONE	m = { .failed = why != NULL,
	    .matched = q->matched, .changed = q->changed,
	    .busy = q->busy };

	if (why != NULL)
		(void)strlcpy(m.text, why, sizeof m.text);
	if (q->full && q->kind == QUERY_LIST)
		(void)snprintf(m.after, sizeof m.after,
		    "%" PRIx64 "-%" PRIx64 "-%" PRIx64, q->at.segment,
		    q->at.offset, q->at.shown);
	if (q->made_more)
		(void)strlcpy(m.after, "more", sizeof m.after);
	if (query_changes(q) && !q->dry_run)
		query_log(q);
	CHANNEL_PUT(q->channel, QUEUE_DONE, -1, &m);
}

/* ---- Rows ---------------------------------------------------------------- */

static void
query_send_rows(struct query *q)
{
	if (q->rows.len == 0 || q->credit == 0)
		return;
	CHANNEL_SEND(q->channel, QUEUE_ROWS, -1,
	    { .rows = buf_str(&q->rows) });
	buf_clear(&q->rows);
	q->credit--;
}

void
query_row(struct query *q, const struct queue_row *r)
{
	struct queue_row	small;
	size_t			before = q->rows.len;

	queue_row_json(&q->rows, r);
	if (q->rows.len - before > QUERY_ROW_MAX) {
		/* No frame holds it. */
		small = *r;
		small.accepted.metadata = small.accepted.quotas = STR_NONE;
		buf_truncate(&q->rows, before);
		queue_row_json(&q->rows, &small);
	}
	query_row_end(q);
}

void
query_row_end(struct query *q)
{
	buf_add_byte(&q->rows, '\n');
	if (q->rows.len >= QUERY_ROWS) {
		query_send_rows(q);
		q->stopped = q->rows.len > 0;
	}
}

/* ---- What is met --------------------------------------------------------- */

static void
query_found(struct query *q, const struct spool_id *id)
{
	if (q->found_count == q->found_cap) {
		q->found_cap = q->found_cap == 0 ? 64 : q->found_cap * 2;
		q->found = xreallocarray(q->found, q->found_cap,
		    sizeof *q->found);
	}
	q->found[q->found_count++] = *id;
}

/* Is it not so already? */
static bool
query_would(const struct query *q, const struct queue_row *r)
{
	switch (q->kind) {
	case QUERY_HOLD:
		return r->entry.state != STATE_HOLD;
	case QUERY_RELEASE:
		return r->entry.state == STATE_HOLD;
	case QUERY_RETRY:
		return r->live == QUEUE_RESTS && (r->entry.state ==
		    STATE_DEFER || (r->entry.state == STATE_BOUNCING &&
		    r->entry.due_ms > r->now_ms));
	default:
		return true;
	}
}

/* What is so already is not touched: out of the scheduler and back it would
 * lose its turn, and all mail wait for as long as a large queue is walked.
 * Whose sender is being told is counted as busy, whatever is asked. */
static bool
query_touches(const struct query *q, const struct queue_row *r)
{
	return query_would(q, r) || r->entry.state == STATE_BOUNCING;
}

static void
query_take(struct query *q, const struct queue_row *r)
{
	q->matched++;
	if (q->limit > 0 && q->matched >= q->limit)
		q->full = q->stopped = true;
	if (q->kind == QUERY_GROUP)
		group_add(q, r);
	else if (q->kind == QUERY_EXPLAIN)
		explain_row(q, r);
	else if (q->kind == QUERY_LIST)
		query_row(q, r);
	else if (q->dry_run)
		q->changed += query_would(q, r);
	else if (query_touches(q, r))
		query_found(q, &r->id);
	if (q->full)
		q->stopped = true;
}

/* The entry with what was changed of it, as a row; then it is judged. */
static void
query_judge(struct query *q, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	struct queue_row	r = { .id = *id, .entry = *entry,
				    .now_ms = book_now(keeper_book()),
				    .wall_ms = keeper_wall_ms() };
	struct entry_state	state;
	struct err		e;

	r.live = active_live(id);
	if (!queue_filter_early(q->filter, &r))
		return;
	if (q->own && accepted->submitter != (uint64_t)q->uid + 1)
		return;
	r.accepted = *accepted;
	if (entry->journal > 0) {
		if (book_state(keeper_book(), id, &state, &e) != 0)
			return;		/* its change is lost: damage */
		state_over(&r.accepted, &state);
		r.reason = state.reason;
		r.remotemx = state.remotemx;
		r.remoteip = state.remoteip;
		r.localip = state.localip;
		r.grouping = state.grouping;
	}
	if (queue_filter_match(q->filter, &r))
		query_take(q, &r);
}

/* The clock costs as much as an entry: it is asked now and then. */
static int
query_meet(void *arg, const struct spool_id *id,
    const struct book_entry *entry, const struct spool_entry *accepted)
{
	struct query	*q = arg;

	query_judge(q, id, entry, accepted);
	return q->stopped || (++q->looked % QUERY_LOOKS == 0 &&
	    clock_mono_ms() >= q->end_ms);
}

/* ---- Walks --------------------------------------------------------------- */

/* As many as are changed together. */
static int
query_walk(struct query *q, struct err *e)
{
	int	rc;

	q->stopped = false;
	rc = book_walk(keeper_book(), &q->at, QUERY_WALK, query_meet, q, e);
	if (rc == -1)
		return -1;
	q->walked = rc == 1 && !q->stopped;
	return 0;
}

/* The filter names each entry: no walk. */
static int
query_next_id(struct query *q, struct err *e)
{
	struct book_envelope	envelope;
	struct book_entry	entry;
	struct spool_id		id;
	int			rc;

	q->stopped = false;
	if (q->next_id == queue_filter_ids(q->filter)) {
		q->walked = true;
		return 0;
	}
	queue_filter_id(q->filter, q->next_id++, &id);
	rc = book_get(keeper_book(), &id, &entry, e);
	if (rc != 0)
		return rc == 1 ? 0 : -1;
	/* The texts of the envelope do not outlive book_state(). */
	buf_clear(&q->scratch);
	if (book_envelope(keeper_book(), &id, &envelope, e) != 0 ||
	    spool_entry_put(&q->scratch, &envelope.entry, e) == -1 ||
	    spool_entry_get(&envelope.entry, buf_str(&q->scratch), e) == -1)
		return -1;
	query_judge(q, &id, &entry, &envelope.entry);
	return 0;
}

static int
query_many(struct query *q, struct err *e)
{
	bool	ids = queue_filter_ids(q->filter) > 0;

	q->end_ms = clock_mono_ms() + QUERY_SLICE_MS;
	do {
		if (q->rows.len >= QUERY_ROWS)
			query_send_rows(q);
		if (q->rows.len >= QUERY_ROWS)
			return 1;	/* it waits for credit */
		if ((ids ? query_next_id(q, e) : query_walk(q, e)) == -1)
			return -1;
		if (query_changes(q) && !q->dry_run && q->matched > 0 &&
		    change_found(q, e) == -1)
			return -1;
	} while (!q->walked && !q->full && clock_mono_ms() < q->end_ms);
	query_send_rows(q);
	if (q->group_over)
		return err_set(e, "more than %d values: narrow the filter",
		    GROUP_MAX);
	if (!q->walked && !q->full)
		return 1;
	if (query_changes(q) && change_sync(q, e) == -1)
		return -1;
	if (q->kind == QUERY_GROUP)
		return group_send(q);
	return q->rows.len > 0;
}

/* ---- The others ---------------------------------------------------------- */

static int
query_stats(struct query *q, struct err *e)
{
	int	rc = stats_slice(q, e);

	if (rc == 0)
		query_send_rows(q);
	return rc;
}

/* The name is in q->scratch. */
static int
query_quota(struct query *q, struct err *e)
{
	struct ipc_QUEUE_GROUP	m = { .value = buf_str(&q->scratch) };

	if (!book_hinted(keeper_book()))
		return err_set(e, "the queue is still being read");
	if (book_quota(keeper_book(), m.value, &m.entries, &m.bytes) == -1)
		return err_set(e, "there are too many names for this one to "
		    "be known");
	CHANNEL_PUT(q->channel, QUEUE_GROUP, -1, &m);
	return 0;
}

/* Whole rows, as many as a frame holds, for each credit. */
static int
query_text(struct query *q)
{
	const char	*all = buf_data(&q->made), *end;
	size_t		 n;

	while (q->made_at < q->made.len && q->credit > 0) {
		n = q->made.len - q->made_at;
		if (n > QUERY_ROWS) {
			end = memchr(all + q->made_at + QUERY_ROWS, '\n',
			    n - QUERY_ROWS);
			n = end != NULL ? (size_t)(end + 1 - all) -
			    q->made_at : n;
		}
		CHANNEL_SEND(q->channel, QUEUE_ROWS, -1,
		    { .rows = { all + q->made_at, n } });
		q->made_at += n;
		q->credit--;
	}
	return q->made_at < q->made.len;
}

static int
query_cat_open(struct query *q, struct err *e)
{
	struct book_envelope	envelope;
	struct content_place	place;
	char			name[SEGMENT_NAME], id[SPOOL_ID_TEXT];
	int			rc;

	spool_id_text(id, &q->id);
	rc = book_envelope(keeper_book(), &q->id, &envelope, e);
	if (rc != 0)
		return rc == 1 ? err_set(e, "%s is not in the queue", id) :
		    -1;
	segment_name(name, envelope.segment);
	if (disk_open(keeper_disk(), name, DISK_READ, &q->segment) == -1)
		return err_errno(e, "%s", name);
	book_shown(keeper_book(), envelope.segment);
	place = (struct content_place){ .id = q->id,
	    .segment = envelope.segment, .body = envelope.body,
	    .edits = q->original ? 0 : envelope.edits };
	if (content_open(&q->content, keeper_disk(), q->segment, &place,
	    e) == -1)
		return -1;
	q->matched = 1;
	LOG(EV_QUEUE_CAT, NULL, LOG_NUM("uid", q->uid),
	    LOG_STR("queue", id));
	return 0;
}

static int
query_cat(struct query *q, struct err *e)
{
	struct str	piece;
	size_t		n;
	int		rc;

	if (q->segment == NULL && query_cat_open(q, e) == -1)
		return -1;
	/* An edit may be larger than a frame: room for all of its pieces. */
	while (q->credit > 0) {
		if ((rc = content_next(&q->content, &piece, e)) != 0)
			return rc == 1 ? 0 : -1;
		for (; piece.len > 0; piece.p += n, piece.len -= n) {
			n = piece.len < 65536 ? piece.len : 65536;
			CHANNEL_SEND(q->channel, QUEUE_BYTES, -1,
			    { .bytes = { piece.p, n } });
		}
		q->credit--;
	}
	return 1;
}

int
query_slice(struct query *q)
{
	struct err	e;
	int		rc;

	if (q->kind == QUERY_STATS)
		rc = query_stats(q, &e);
	else if (q->kind == QUERY_CAT)
		rc = query_cat(q, &e);
	else if (q->kind == QUERY_QUOTA)
		rc = query_quota(q, &e);
	else if (q->kind == QUERY_TEXT)
		rc = query_text(q);
	else
		rc = query_many(q, &e);
	if (rc == -1)
		query_done(q, e.text);
	else if (rc == 0)
		query_done(q, NULL);
	return rc == 1;
}
