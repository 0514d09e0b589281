/*
 * What mtactl changes: each entry's state anew in the journal, which is
 * synced before anything is confirmed.
 */
#include <string.h>

#include "spool/book_envelope.h"
#include "spool/fields.h"

#include "bounces.h"
#include "delivery.h"
#include "route.h"
#include "schedule/schedule_renew.h"
#include "query.h"
#include "teller.h"

#define CHANGE_SYNC	10000		/* notes, at most, that wait for it */
#define CHANGE_METADATA	(64 * 1024)
#define CHANGE_KEY	64

int
change_check(const char *name, struct str key, struct str value,
    struct err *e)
{
	if ((value.len > 0 && memchr(value.p, '\0', value.len) != NULL) ||
	    (key.len > 0 && memchr(key.p, '\0', key.len) != NULL))
		return err_set(e, "%s: a value with a NUL", name);
	if (strcmp(name, "priority") == 0)
		return str_eq(value, STR("0")) || str_eq(value, STR("1")) ?
		    0 : err_set(e, "priority is 0 or 1");
	if (strcmp(name, "transportid") == 0)
		return outlets_find(value) != NULL ? 0 : err_set(e, "there is "
		    "no transport \"%.*s\" in transport.cf",
		    (int)(value.len < 64 ? value.len : 64),
		    value.len > 0 ? value.p : "");
	if (strcmp(name, "tenantid") == 0 || strcmp(name, "jobid") == 0)
		return value.len <= 255 ? 0 : err_set(e, "%s has at most "
		    "255 bytes", name);
	if (strcmp(name, "metadata") != 0)
		return err_set(e, "\"%s\" can't be set; priority, tenantid, "
		    "jobid, transportid and metadata.KEY can", name);
	return key.len > 0 && key.len <= CHANGE_KEY ? 0 : err_set(e,
	    "a key of metadata has 1 to %d bytes", CHANGE_KEY);
}

/* ---- QUEUE_SET ----------------------------------------------------------- */

/* The list with that key changed, or without it if value is empty. */
static void
change_pairs(struct buf *out, struct str pairs, struct str key,
    struct str value)
{
	struct str	k, v;

	while (fields_list_next(&pairs, &k) == 0 &&
	    fields_list_next(&pairs, &v) == 0) {
		if (str_eq(k, key))
			continue;
		fields_list_add(out, k);
		fields_list_add(out, v);
	}
	if (value.len > 0) {
		fields_list_add(out, key);
		fields_list_add(out, value);
	}
}

static int
change_assign(struct entry_state *s, const struct assign *a,
    struct buf *metadata, struct err *e)
{
	struct buf	pairs = BUF_INIT;

	if (strcmp(a->name, "priority") == 0) {
		s->priority = str_eq(a->value, STR("1"));
		s->changed |= STATE_CHANGED_PRIORITY;
	} else if (strcmp(a->name, "transportid") == 0) {
		s->transportid = a->value;
		s->changed |= STATE_CHANGED_TRANSPORT;
	} else if (strcmp(a->name, "tenantid") == 0) {
		s->tenantid = a->value;
		s->changed |= STATE_CHANGED_TENANT;
	} else if (strcmp(a->name, "jobid") == 0) {
		s->jobid = a->value;
		s->changed |= STATE_CHANGED_JOB;
	} else {
		change_pairs(&pairs, buf_str(metadata), str_of(a->key),
		    a->value);
		buf_free(metadata);
		*metadata = pairs;
		s->metadata = buf_str(metadata);
		s->changed |= STATE_CHANGED_METADATA;
		if (metadata->len > CHANGE_METADATA)
			return err_set(e, "metadata of more than %d bytes",
			    CHANGE_METADATA);
	}
	return 0;
}

/* Metadata begins from what the entry has now. */
static int
change_set(struct query *q, const struct spool_id *id,
    struct entry_state *s, struct buf *metadata, struct err *e)
{
	struct book_envelope	envelope;
	size_t			i;

	if (book_envelope(keeper_book(), id, &envelope, e) != 0)
		return -1;
	buf_add_str(metadata, envelope.entry.metadata);
	if (book_state(keeper_book(), id, s, e) != 0)
		return -1;
	if ((s->changed & STATE_CHANGED_METADATA) != 0) {
		buf_clear(metadata);
		buf_add_str(metadata, s->metadata);
	}
	for (i = 0; i < q->assigns; i++)
		if (change_assign(s, &q->assign[i], metadata, e) == -1)
			return -1;
	return 0;
}

/* ---- Each ---------------------------------------------------------------- */

/* What its worker died of is an order, not an attempt. */
static int
change_release_order(const struct spool_id *id, struct entry_state *s,
    struct err *e)
{
	s->state = STATE_BOUNCING;
	s->due_ms = (uint64_t)keeper_queue_ms();
	s->reason = STR_NONE;
	s->order_strikes = s->order_tries = 0;
	if (book_change(keeper_book(), id, s, e) == -1)
		return -1;
	bounces_new(id);
	return 0;
}

/* 1: it is so already. */
static int
change_state(struct query *q, const struct spool_id *id,
    struct buf *metadata, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if (q->kind == QUERY_SET) {
		if (change_set(q, id, &s, metadata, e) == -1)
			return -1;
		return book_change(keeper_book(), id, &s, e);
	}
	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc;
	if (q->kind == QUERY_BOUNCE || q->kind == QUERY_DELETE) {
		s.fate = q->kind == QUERY_BOUNCE ? FATE_BOUNCE : FATE_DELETE;
		s.state = STATE_READY;
		s.due_ms = (uint64_t)keeper_queue_ms();
		s.reason = q->kind == QUERY_BOUNCE ? STR("bounced by mtactl") :
		    STR("deleted by mtactl");
		return book_change(keeper_book(), id, &s, e);
	}
	if (q->kind == QUERY_RETRY ? s.state != STATE_DEFER :
	    (q->kind == QUERY_HOLD) == (s.state == STATE_HOLD))
		return 1;
	if (q->kind == QUERY_RELEASE &&
	    s.bounce_action == ENTRY_ACTION_FAILED)
		return change_release_order(id, &s, e);
	if (q->kind == QUERY_HOLD) {
		s.state = STATE_HOLD;
		s.reason = STR("held by mtactl");
	} else {
		s.state = STATE_READY;
		s.due_ms = (uint64_t)keeper_queue_ms();
		s.forced = 1;
		if (q->kind == QUERY_RELEASE) {
			s.reason = STR_NONE;
			s.strikes = 0;
			s.wanted = 0;
		}
	}
	return book_change(keeper_book(), id, &s, e);
}

/* Is its sender being told what became of it? */
static int
change_bounces(const struct spool_id *id, struct err *e)
{
	struct book_entry	entry;
	int			rc;

	if ((rc = book_get(keeper_book(), id, &entry, e)) != 0)
		return rc;
	return entry.state == STATE_BOUNCING ? 2 : 0;
}

/* Its notification is asked for now: 2: it was, a moment ago; 1: it is going
 * to be. */
static int
change_retry_order(const struct spool_id *id, struct err *e)
{
	struct entry_state	s;
	int			rc;

	if ((rc = book_state(keeper_book(), id, &s, e)) != 0)
		return rc;
	if (teller_has(id))
		return 2;
	if ((int64_t)s.due_ms <= keeper_queue_ms())
		return 1;
	s.due_ms = (uint64_t)keeper_queue_ms();
	if (book_change(keeper_book(), id, &s, e) == -1)
		return -1;
	bounces_new(id);
	return 0;
}

/* A script may have a word in what is deleted. */
static bool
change_ends(const struct query *q)
{
	return q->kind == QUERY_EXPORTED || (q->kind == QUERY_DELETE &&
	    delivery_worker()->params.hook_postdelivery[0] == '\0');
}

/* What is being sent, or is being told of, is left alone: 2. */
static int
change_one(struct query *q, const struct spool_id *id, struct err *e)
{
	struct active	*a = active_find(id);
	struct buf	 metadata = BUF_INIT;
	int		 rc;

	/* Its turn is now already. */
	if (a != NULL && q->kind == QUERY_RETRY)
		return 1;
	if (a == NULL && (rc = change_bounces(id, e)) != 0)
		return rc == 2 && q->kind == QUERY_RETRY ?
		    change_retry_order(id, e) : rc;
	if (a != NULL && !active_remove(a))
		return 2;
	if (change_ends(q))
		return book_done(keeper_book(), id, q->kind == QUERY_DELETE ?
		    SPOOL_END_DELETED : SPOOL_END_EXPORTED, e);
	rc = change_state(q, id, &metadata, e);
	buf_free(&metadata);
	return rc;
}

int
change_found(struct query *q, struct err *e)
{
	size_t	i;
	int	rc;

	/* Now means now: what was not reached a moment ago is tried.  Once: no
	 * mail goes while its route is asked for. */
	if (q->kind == QUERY_RETRY && !q->begun &&
	    delivery_schedule() != NULL) {
		schedule_unbar(delivery_schedule());
		route_forget();
	}
	q->begun = true;
	for (i = 0; i < q->found_count; i++) {
		rc = change_one(q, &q->found[i], e);
		pump_one(&q->found[i]);
		if (rc == -1)
			return -1;
		q->busy += rc == 2;
		if (rc == 0) {
			q->changed++;
			q->unsynced++;
			COUNT(queue_changes);
		}
	}
	q->found_count = 0;
	return q->unsynced < CHANGE_SYNC ? 0 : change_sync(q, e);
}

int
change_sync(struct query *q, struct err *e)
{
	if (q->unsynced == 0)
		return 0;
	q->unsynced = 0;
	keeper_changed();
	if (book_sync(keeper_book(), e) == -1)
		return err_wrap(e, "the changes are not confirmed");
	return 0;
}
