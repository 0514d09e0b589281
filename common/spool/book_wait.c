/*
 * What waits for an attempt: by when it is due, or by the sub-queue in which
 * it waits for room.
 *
 * Both orders are keys of the index.  What has not come there yet (pending)
 * is put there first, where it matters to what is asked.
 */
#include <string.h>

#include "book_private.h"
#include "book_bounce.h"
#include "bytes.h"

#define WAIT_DUE	(1 + 6)
#define WAIT_READY	(1 + 8)

uint64_t
book_queue_number(struct book *b, const struct book_queue *q)
{
	uint64_t	secret[2];

	buf_clear(&b->record);
	buf_add_str(&b->record, q->transportid);
	buf_add_byte(&b->record, '\0');
	buf_add_lower(&b->record, q->recipientdomain);
	buf_add_byte(&b->record, '\0');
	buf_add_str(&b->record, q->tenantid);
	buf_add_byte(&b->record, '\0');
	buf_add_str(&b->record, q->jobid);
	memcpy(secret, b->identity, sizeof secret);
	return hmap_hash(secret, 0, buf_str(&b->record));
}

uint64_t
book_queue_of(struct book *b, const struct spool_entry *entry)
{
	struct book_queue	q = { entry->transportid,
				    spool_entry_domain(entry),
				    entry->tenantid, entry->jobid };

	return book_queue_number(b, &q);
}

size_t
book_wait_key(unsigned char key[KV_KEY_MAX],
    const unsigned char id[SPOOL_ID_SIZE], const struct book_entry *entry)
{
	size_t	n = 0;

	if (entry->state == STATE_HOLD)
		return 0;
	if (entry->state == STATE_BOUNCING)
		key[n++] = 'b';
	else if (entry->state == STATE_READY || entry->waits) {
		key[n++] = 'r';
		bytes_put(key + n, entry->queue, 8);
		n += 8;
		key[n++] = entry->urgent ? 0 : 1;
	} else
		key[n++] = 'd';
	bytes_put(key + n, (uint64_t)entry->due_ms, 6);
	n += 6;
	memcpy(key + n, id, SPOOL_ID_SIZE);
	return n + SPOOL_ID_SIZE;
}

/* ---- Walking ------------------------------------------------------------- */

/* Ids are shown when the index was left, since whoever is shown them may look
 * at others. */
struct wait_walk {
	struct book_look	*look;
	struct str		 prefix;
	uint64_t		 until;
	uint64_t		 beyond;	/* the first due after it */
	struct spool_id		 id[64];
	size_t			 count;
};

/* The next key is the first that is greater. */
static void
wait_went(struct book_look *look, struct str key)
{
	memcpy(look->at, key.p, key.len);
	look->at[key.len] = 0;
	look->at_len = key.len + 1;
}

/* An entry that has changed meanwhile is found by its other key. */
static int
wait_show(struct book *b, const struct wait_walk *w, const struct spool_id *id,
    struct err *e)
{
	struct book_entry	entry;
	unsigned char		key[KV_KEY_MAX], bytes[SPOOL_ID_SIZE];
	int			rc;

	if ((rc = book_find(b, id, &entry, e)) != 0)
		return rc == -1 ? -1 : 0;
	spool_id_put(bytes, id);
	if (book_wait_key(key, bytes, &entry) == 0 ||
	    key[0] != (unsigned char)w->prefix.p[0])
		return 0;
	return w->look->fn(w->look->arg, id, &entry);
}

/* 0: there may be more; 1: these are the last. */
static int
wait_collect(struct book *b, struct wait_walk *w, struct err *e)
{
	struct str	from = { (char *)w->look->at, w->look->at_len };
	struct str	key, value;
	const unsigned char *p;
	uint64_t	due;
	int		rc;

	w->count = 0;
	if (kv_seek(b->index, from.len > 0 ? from : w->prefix, e) == -1)
		return -1;
	while (w->count < sizeof w->id / sizeof w->id[0]) {
		if ((rc = kv_next(b->index, &key, &value, e)) == -1)
			return -1;
		if (rc == 1 || key.len < w->prefix.len + 6 + SPOOL_ID_SIZE ||
		    memcmp(key.p, w->prefix.p, w->prefix.len) != 0)
			return 1;
		p = (const unsigned char *)key.p + key.len - SPOOL_ID_SIZE;
		if ((due = bytes_get(p - 6, 6)) > w->until) {
			w->beyond = due;
			return 1;
		}
		spool_id_get(&w->id[w->count++], p);
		wait_went(w->look, key);
	}
	return 0;
}

static int
wait_walk(struct book *b, struct wait_walk *w, struct err *e)
{
	size_t	shown = 0, i;
	int	rc = 0;

	while (rc == 0 && shown < w->look->most) {
		if ((rc = wait_collect(b, w, e)) == -1)
			return -1;
		for (i = 0; i < w->count; i++) {
			if (wait_show(b, w, &w->id[i], e) == -1)
				return -1;
		}
		shown += w->count;
	}
	return rc;
}

int
book_due(struct book *b, struct book_look *look, int64_t until,
    struct err *e)
{
	struct wait_walk	w = { .look = look, .prefix = STR("d"),
				    .until = (uint64_t)until,
				    .beyond = INT64_MAX };
	int			rc;

	if (b->pending_due_ms <= until && book_flush(b, e) == -1)
		return -1;
	rc = wait_walk(b, &w, e);
	look->next_ms = (int64_t)w.beyond < b->pending_due_ms ?
	    (int64_t)w.beyond : b->pending_due_ms;
	return rc;
}

int
book_bouncing(struct book *b, struct book_look *look, int64_t until,
    struct err *e)
{
	struct wait_walk	w = { .look = look, .prefix = STR("b"),
				    .until = (uint64_t)until,
				    .beyond = INT64_MAX };
	int			rc;

	if (b->pending_bounces && book_flush(b, e) == -1)
		return -1;
	rc = wait_walk(b, &w, e);
	look->next_ms = (int64_t)w.beyond;
	return rc;
}

int
book_ready(struct book *b, struct book_look *look, uint64_t queue,
    struct err *e)
{
	unsigned char		prefix[WAIT_READY];
	struct wait_walk	w = { .look = look, .until = UINT64_MAX,
				    .prefix = { (char *)prefix,
				    sizeof prefix } };

	if (b->pending_waits && book_flush(b, e) == -1)
		return -1;
	prefix[0] = 'r';
	bytes_put(prefix + 1, queue, 8);
	return wait_walk(b, &w, e);
}

int
book_ready_queue(struct book *b, uint64_t *queue, struct err *e)
{
	unsigned char	from[WAIT_READY];
	struct str	key, value;
	int		rc;

	if (b->pending_waits && book_flush(b, e) == -1)
		return -1;
	if (*queue == UINT64_MAX)
		return 1;
	from[0] = 'r';
	bytes_put(from + 1, *queue + 1, 8);
	if (kv_seek(b->index, (struct str){ (char *)from, sizeof from },
	    e) == -1)
		return -1;
	if ((rc = kv_next(b->index, &key, &value, e)) != 0)
		return rc;
	if (key.len < WAIT_READY || key.p[0] != 'r')
		return 1;
	*queue = bytes_get((const unsigned char *)key.p + 1, 8);
	return 0;
}

int
book_wait(struct book *b, const struct spool_id *id, struct err *e)
{
	struct book_entry	 entry;
	struct book_node	*n;
	int			 rc;

	if ((rc = book_find(b, id, &entry, e)) != 0 || entry.waits ||
	    entry.state == STATE_HOLD || entry.state == STATE_BOUNCING)
		return rc;
	if ((n = book_node_find(b, id)) == NULL)
		n = book_node_make(b, id, NODE_CHANGED);
	n->entry = entry;
	book_node_wait(b, n);
	return 0;
}

bool
book_hinted(const struct book *b)
{
	return b->hinted;
}
