/*
 * Nodes, and the index behind them.
 *
 * Keys of the index: 'e' and an entry's id; of those that wait for their time
 * 'd', due, id; of those that wait for room 'r', number of the sub-queue, 0
 * where urgent else 1, due, id; of those that are BOUNCING 'b', due, id (all
 * without a value, and in the same transaction as 'e'); BOOK_IDENTITY: the
 * spool's identity, so that no other spool's index is taken; 'p': the position
 * of the journal up to which all that is indexed is in it.
 *
 * I1  What the index has was durable in the journal before: it is never
 *     ahead of it, and an index that lags is caught up by replay.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "bytes.h"

#define BOOK_KEY	(1 + SPOOL_ID_SIZE)
#define BOOK_VALUE	46
/* Beside the state. */
#define BOOK_QUOTAS	0x20
#define BOOK_WAITS	0x40
#define BOOK_URGENT	0x80
#define BOOK_KIND	1

void
book_value_put(unsigned char out[KV_VALUE_MAX], size_t *len,
    const struct book_entry *entry)
{
	bytes_put(out, entry->place.segment, 8);
	bytes_put(out + 8, entry->place.offset, 7);
	bytes_put(out + 15, entry->journal, 8);
	bytes_put(out + 23, (uint64_t)entry->due_ms, 6);
	bytes_put(out + 29, (uint64_t)entry->accepted_ms, 6);
	bytes_put(out + 35, entry->retry, 2);
	out[37] = (unsigned char)(entry->state |
	    (entry->quotas ? BOOK_QUOTAS : 0) |
	    (entry->waits ? BOOK_WAITS : 0) |
	    (entry->urgent ? BOOK_URGENT : 0));
	bytes_put(out + 38, entry->queue, 8);
	*len = BOOK_VALUE;
}

int
book_value_get(struct book_entry *entry, struct str value)
{
	const unsigned char	*p = (const unsigned char *)value.p;

	if (value.len != BOOK_VALUE)
		return -1;
	entry->place.segment = bytes_get(p, 8);
	entry->place.offset = bytes_get(p + 8, 7);
	entry->journal = bytes_get(p + 15, 8);
	entry->due_ms = (int64_t)bytes_get(p + 23, 6);
	entry->accepted_ms = (int64_t)bytes_get(p + 29, 6);
	entry->retry = (uint16_t)bytes_get(p + 35, 2);
	entry->state = p[37] & ~(BOOK_QUOTAS | BOOK_WAITS | BOOK_URGENT);
	entry->quotas = (p[37] & BOOK_QUOTAS) != 0;
	entry->waits = (p[37] & BOOK_WAITS) != 0;
	entry->urgent = (p[37] & BOOK_URGENT) != 0;
	entry->queue = bytes_get(p + 38, 8);
	return entry->state < STATE_MAX ? 0 : -1;
}

/* ---- Nodes --------------------------------------------------------------- */

static struct book_nodes *
book_list_of(struct book *b, unsigned int flags)
{
	if ((flags & (NODE_CHANGED | NODE_GONE)) != 0)
		return &b->pending;
	return (flags & (NODE_AHEAD | NODE_UNMET)) != 0 ? &b->ahead :
	    &b->fresh;
}

static void
book_node_count(struct book *b, const struct book_node *n, size_t by)
{
	struct book_nodes	*list = book_list_of(b, n->flags);

	if (list == &b->pending)
		b->pending_count += by;
	else if (list == &b->fresh)
		b->fresh_count += by;
}

struct book_node *
book_node_find(struct book *b, const struct spool_id *id)
{
	unsigned char		key[SPOOL_ID_SIZE];
	struct hmap_entry	*e;

	spool_id_put(key, id);
	e = hmap_find(&b->nodes, BOOK_KIND, (struct str){ (char *)key,
	    sizeof key });
	return (struct book_node *)e;
}

bool
book_node_lives(const struct book_node *n)
{
	return (n->flags & (NODE_GONE | NODE_AHEAD)) == 0;
}

struct book_node *
book_node_make(struct book *b, const struct spool_id *id, unsigned int flags)
{
	struct book_node	*n = xcalloc(1, sizeof *n);

	spool_id_put(n->key, id);
	n->hash.key = (const char *)n->key;
	n->hash.len = sizeof n->key;
	n->hash.kind = BOOK_KIND;
	n->flags = flags;
	hmap_insert(&b->nodes, &n->hash);
	TAILQ_INSERT_TAIL(book_list_of(b, flags), n, link);
	book_node_count(b, n, 1);
	return n;
}

void
book_node_turn(struct book *b, struct book_node *n, unsigned int flags)
{
	TAILQ_REMOVE(book_list_of(b, n->flags), n, link);
	book_node_count(b, n, (size_t)-1);
	n->flags = flags;
	TAILQ_INSERT_TAIL(book_list_of(b, flags), n, link);
	book_node_count(b, n, 1);
}

void
book_node_free(struct book *b, struct book_node *n)
{
	TAILQ_REMOVE(book_list_of(b, n->flags), n, link);
	book_node_count(b, n, (size_t)-1);
	hmap_remove(&b->nodes, &n->hash);
	free(n);
}

void
book_pending_add(struct book *b, const struct book_entry *entry)
{
	if (entry->waits || entry->state == STATE_READY)
		b->pending_waits = true;
	else if (entry->state == STATE_DEFER &&
	    entry->due_ms < b->pending_due_ms)
		b->pending_due_ms = entry->due_ms;
	else if (entry->state == STATE_BOUNCING)
		b->pending_bounces = true;
}

void
book_node_wait(struct book *b, struct book_node *n)
{
	n->entry.waits = true;
	book_node_turn(b, n, (n->flags & ~(unsigned int)NODE_FRESH) |
	    NODE_CHANGED);
	book_pending_add(b, &n->entry);
}

/* ---- The index ----------------------------------------------------------- */

static struct str
book_key(unsigned char key[BOOK_KEY], const struct spool_id *id)
{
	key[0] = 'e';
	spool_id_put(key + 1, id);
	return (struct str){ (char *)key, BOOK_KEY };
}

int
book_index_has(struct book *b, const struct spool_id *id,
    struct book_entry *entry, struct err *e)
{
	unsigned char	key[BOOK_KEY];
	struct str	value;
	int		rc;

	rc = kv_get(b->index, book_key(key, id), &value, e);
	if (rc == 0 && book_value_get(entry, value) == -1)
		return err_set(e, "the index has a value that is none");
	return rc;
}

int
book_find(struct book *b, const struct spool_id *id,
    struct book_entry *entry, struct err *e)
{
	struct book_node	*n = book_node_find(b, id);

	if (n != NULL && !book_node_lives(n))
		return 1;
	if (n == NULL)
		return book_index_has(b, id, entry, e);
	*entry = n->entry;
	return 0;
}

int
book_index_txn(struct book *b, const struct spool_id *txn, struct err *e)
{
	struct spool_id		 id = *txn;
	unsigned char		 from[BOOK_KEY];
	struct str		 key, value;
	const struct book_node	*n;
	int			 rc;

	id.queue = 0;
	if (kv_seek(b->index, book_key(from, &id), e) == -1)
		return -1;
	while ((rc = kv_next(b->index, &key, &value, e)) == 0 &&
	    key.len == BOOK_KEY &&
	    memcmp(key.p, from, 1 + SPOOL_TXN_SIZE) == 0) {
		spool_id_get(&id, (const unsigned char *)key.p + 1);
		n = book_node_find(b, &id);
		if (n == NULL || book_node_lives(n))
			return 0;
	}
	return rc == -1 ? -1 : 1;
}

static int
book_node_order(const void *a, const void *b)
{
	struct book_node	*const *x = a, *const *y = b;

	return memcmp((*x)->key, (*y)->key, SPOOL_ID_SIZE);
}

/* Its further key as it is in the index, and as it is to be. */
static int
book_flush_wait(struct book *b, const struct book_node *n, struct str key,
    struct err *e)
{
	unsigned char		was[KV_KEY_MAX], now[KV_KEY_MAX];
	struct book_entry	before;
	struct str		value;
	size_t			was_len = 0, now_len = 0;
	int			rc;

	if ((rc = kv_get(b->index, key, &value, e)) == -1)
		return -1;
	if (rc == 0 && book_value_get(&before, value) == 0)
		was_len = book_wait_key(was, n->key, &before);
	if ((n->flags & NODE_GONE) == 0)
		now_len = book_wait_key(now, n->key, &n->entry);
	if (was_len == now_len && memcmp(was, now, now_len) == 0)
		return 0;
	if (was_len > 0 && kv_remove(b->index, (struct str){ (char *)was,
	    was_len }, e) == -1)
		return -1;
	return now_len == 0 ? 0 : kv_put(b->index, (struct str){ (char *)now,
	    now_len }, STR(""), e);
}

static int
book_flush_node(struct book *b, const struct book_node *n, struct err *e)
{
	unsigned char	key[BOOK_KEY], value[KV_VALUE_MAX];
	struct str	k = { (char *)key, BOOK_KEY }, v;

	key[0] = 'e';
	memcpy(key + 1, n->key, SPOOL_ID_SIZE);
	if (book_flush_wait(b, n, k, e) == -1)
		return -1;
	if ((n->flags & NODE_GONE) != 0)
		return kv_remove(b->index, k, e);
	v.p = (char *)value;
	book_value_put(value, &v.len, &n->entry);
	return kv_put(b->index, k, v, e);
}

static int
book_flush_nodes(struct book *b, struct book_node **nodes, size_t count,
    struct err *e)
{
	unsigned char	position[8];
	size_t		i;

	bytes_put(position, b->journal != NULL ?
	    journal_durable(b->journal) : b->replayed, 8);
	if (kv_begin(b->index, e) == -1)
		return -1;
	for (i = 0; i < count; i++) {
		if (book_flush_node(b, nodes[i], e) == -1)
			goto failed;
	}
	if (kv_put(b->index, STR(BOOK_IDENTITY), (struct str){
	    (char *)b->identity, sizeof b->identity }, e) == -1 ||
	    kv_put(b->index, STR("p"), (struct str){ (char *)position,
	    sizeof position }, e) == -1 || kv_commit(b->index, e) == -1)
		goto failed;
	return 0;
failed:
	kv_abort(b->index);
	return -1;
}

int
book_flush(struct book *b, struct err *e)
{
	return b->pending_count == 0 ? 0 : book_flush_mark(b, e);
}

int
book_flush_mark(struct book *b, struct err *e)
{
	struct book_node	**nodes, *n;
	size_t			 count = 0, i;

	if (b->journal != NULL && journal_sync(b->journal, e) == -1) /* I1 */
		return -1;
	nodes = xreallocarray(NULL, b->pending_count + 1, sizeof(*nodes));
	TAILQ_FOREACH(n, &b->pending, link)
		nodes[count++] = n;
	qsort(nodes, count, sizeof(*nodes), book_node_order);
	if (book_flush_nodes(b, nodes, count, e) == -1) {
		free(nodes);
		return err_wrap(e, "the index");
	}
	for (i = 0; i < count; i++) {
		if ((nodes[i]->flags & (NODE_AHEAD | NODE_UNMET)) != 0)
			book_node_turn(b, nodes[i], nodes[i]->flags &
			    (NODE_AHEAD | NODE_UNMET));
		else
			book_node_free(b, nodes[i]);
	}
	free(nodes);
	b->pending_due_ms = INT64_MAX;
	b->pending_waits = b->pending_bounces = false;
	return 0;
}

/* The oldest first, since they have waited longest.  What a start meets waits
 * in any case. */
void
book_spill(struct book *b)
{
	struct book_node	*n;
	uint32_t		 most = b->options.memory_limit;

	if (!b->hinted && most > BOOK_BATCH_MAX)
		most = BOOK_BATCH_MAX;
	while (b->fresh_count > most &&
	    (n = TAILQ_FIRST(&b->fresh)) != NULL)
		book_node_wait(b, n);
}

static int
book_index_show(struct book *b, struct str key, struct str value,
    int (*fn)(void *arg, const struct spool_id *id,
    const struct book_entry *entry), void *arg, struct err *e)
{
	struct book_entry	entry;
	struct spool_id		id;

	/* The next is the first that is greater. */
	memcpy(b->start.key, key.p, key.len);
	b->start.key[key.len] = '\0';
	b->start.key_len = key.len + 1;
	spool_id_get(&id, (const unsigned char *)key.p + 1);
	if (book_value_get(&entry, value) == -1)
		return err_set(e, "the index has a value that is none");
	return fn(arg, &id, &entry);
}

int
book_index_walk(struct book *b, size_t most, int (*fn)(void *arg,
    const struct spool_id *id, const struct book_entry *entry), void *arg,
    struct err *e)
{
	struct str	from = { b->start.key, b->start.key_len };
	struct str	key, value;
	int		rc;

	if (kv_seek(b->index, from.len > 0 ? from : STR("e"), e) == -1)
		return -1;
	while (most-- > 0) {
		if ((rc = kv_next(b->index, &key, &value, e)) != 0 ||
		    key.len != BOOK_KEY || key.p[0] != 'e')
			return rc == -1 ? -1 : 0;
		if (book_index_show(b, key, value, fn, arg, e) == -1)
			return -1;
	}
	return 1;
}
