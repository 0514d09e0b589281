/*
 * Attempts that have begun and of whose end the journal does not know.
 *
 * The record is written, not synced: it outlives this process, and whatever
 * it was that did not outlive the machine has made no second attempt.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "book_private.h"
#include "book_started.h"
#include "bytes.h"

#define STARTED_KIND	1
#define STARTED_SIZE	(SPOOL_ID_SIZE + 8)

struct book_started {
	struct hmap_entry	hash;
	unsigned char		key[SPOOL_ID_SIZE];
	uint64_t		worker;
};

static struct book_started *
started_find(struct book *b, const struct spool_id *id)
{
	unsigned char	key[SPOOL_ID_SIZE];

	spool_id_put(key, id);
	return (struct book_started *)hmap_find(&b->started, STARTED_KIND,
	    (struct str){ (char *)key, sizeof key });
}

void
book_started_over(struct book *b, const struct spool_id *id)
{
	struct book_started	*s = started_find(b, id);

	if (s == NULL)
		return;
	hmap_remove(&b->started, &s->hash);
	free(s);
}

static void
started_set(struct book *b, const struct spool_id *id, uint64_t worker)
{
	struct book_started	*s = started_find(b, id);

	if (worker == 0) {
		book_started_over(b, id);
		return;
	}
	if (s == NULL) {
		s = xcalloc(1, sizeof *s);
		spool_id_put(s->key, id);
		s->hash.key = (const char *)s->key;
		s->hash.len = sizeof s->key;
		s->hash.kind = STARTED_KIND;
		hmap_insert(&b->started, &s->hash);
	}
	s->worker = worker;
}

int
book_started(struct book *b, const struct spool_id *id, uint64_t worker,
    struct err *e)
{
	unsigned char	payload[STARTED_SIZE];

	if (!b->hinted)
		return err_set(e, "the queue is still being read");
	spool_id_put(payload, id);
	bytes_put(payload + SPOOL_ID_SIZE, worker, 8);
	(void)journal_add(b->journal, JOURNAL_STARTED,
	    (struct str){ (char *)payload, sizeof payload });
	started_set(b, id, worker);
	return 0;
}

int
book_write(struct book *b, struct err *e)
{
	return journal_write(b->journal, e);
}

/* ---- All of them --------------------------------------------------------- */

struct started_walk {
	void		(*show)(void *arg, const struct spool_id *id,
			    uint64_t worker);
	void		*arg;
};

/* What is shown may be taken back. */
static void
started_walk(void *arg, struct hmap_entry *e)
{
	const struct started_walk	*w = arg;
	const struct book_started	*s = (struct book_started *)e;
	struct spool_id			 id;

	spool_id_get(&id, s->key);
	w->show(w->arg, &id, s->worker);
}

void
book_started_walk(struct book *b, void (*fn)(void *arg,
    const struct spool_id *id, uint64_t worker), void *arg)
{
	struct started_walk	w = { fn, arg };

	hmap_walk(&b->started, b->started.size, started_walk, &w);
}

static void
started_free(void *arg, struct hmap_entry *e)
{
	struct book	*b = arg;

	hmap_remove(&b->started, e);
	free(e);
}

void
book_started_free(struct book *b)
{
	hmap_walk(&b->started, b->started.size, started_free, b);
	hmap_fini(&b->started);
}

/* ---- In the journal and the checkpoint ----------------------------------- */

void
book_started_note(struct book *b, struct str payload)
{
	struct spool_id	id;

	if (payload.len != STARTED_SIZE)
		return;
	spool_id_get(&id, (const unsigned char *)payload.p);
	started_set(b, &id, bytes_get((const unsigned char *)payload.p +
	    SPOOL_ID_SIZE, 8));
}

static void
started_put(void *arg, const struct spool_id *id, uint64_t worker)
{
	unsigned char	key[SPOOL_ID_SIZE];

	spool_id_put(key, id);
	buf_add(arg, key, sizeof key);
	wire_put_uint(arg, worker, 8);
}

void
book_started_put(struct buf *out, struct book *b)
{
	wire_put_uint(out, b->started.count, 4);
	book_started_walk(b, started_put, out);
}

int
book_started_get(struct rbuf *r, struct book *b)
{
	struct spool_id	id;
	uint64_t	count, worker;

	if (wire_get_uint(r, &count, 4) == -1)
		return -1;
	while (count-- > 0) {
		if (r->len < SPOOL_ID_SIZE)
			return -1;
		spool_id_get(&id, r->p);
		r->p += SPOOL_ID_SIZE;
		r->len -= SPOOL_ID_SIZE;
		if (wire_get_uint(r, &worker, 8) == -1)
			return -1;
		started_set(b, &id, worker);
	}
	return 0;
}
