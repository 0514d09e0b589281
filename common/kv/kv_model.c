/*
 * A sorted array, and the commits since the last flush, kept apart so that
 * they can be taken back.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "kv_model.h"

struct model_pair {
	char		key[KV_KEY_MAX], value[KV_VALUE_MAX];
	size_t		key_len, value_len;
	bool		gone;		/* a change: the key is removed */
};

struct model_pairs {
	struct model_pair *at;
	size_t		   count, cap;
};

struct kv_model {
	struct model_pairs seen;	/* by key */
	struct model_pairs flushed;	/* by key */
	struct model_pairs log;		/* changes of commits not flushed */
	size_t		  *ends;	/* of each commit in the log */
	size_t		   commits, commit_cap;
	size_t		   open_from;	/* of the log: the transaction's */
	struct model_pairs before;	/* seen, as the transaction began */
	bool		   in_txn, damaged;
};

struct kv_on_model {
	struct kv	 kv;
	struct kv_model	*m;
	size_t		 at;		/* of the walk */
};

static struct kv_model *
model_of(struct kv *kv)
{
	return ((struct kv_on_model *)kv)->m;
}

static int
model_compare(const struct model_pair *p, struct str key)
{
	size_t	n = p->key_len < key.len ? p->key_len : key.len;
	int	c = memcmp(p->key, key.p, n);

	if (c != 0)
		return c;
	return p->key_len < key.len ? -1 : p->key_len > key.len;
}

/* The place of the first key that is not less. */
static size_t
model_find(const struct model_pairs *ps, struct str key)
{
	size_t	low = 0, high = ps->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (model_compare(&ps->at[mid], key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static void
model_room(struct model_pairs *ps)
{
	if (ps->count < ps->cap)
		return;
	ps->cap = ps->cap == 0 ? 64 : ps->cap * 2;
	ps->at = xreallocarray(ps->at, ps->cap, sizeof *ps->at);
}

static void
model_apply(struct model_pairs *ps, const struct model_pair *change)
{
	struct str	key = { change->key, change->key_len };
	size_t		i = model_find(ps, key);
	bool		there = i < ps->count &&
			    model_compare(&ps->at[i], key) == 0;

	if (change->gone) {
		if (there)
			memmove(&ps->at[i], &ps->at[i + 1], (--ps->count - i) *
			    sizeof *ps->at);
		return;
	}
	if (!there) {
		model_room(ps);
		memmove(&ps->at[i + 1], &ps->at[i], (ps->count++ - i) *
		    sizeof *ps->at);
	}
	ps->at[i] = *change;
}

static void
model_copy(struct model_pairs *to, const struct model_pairs *from)
{
	free(to->at);
	*to = *from;
	to->cap = from->count;
	to->at = from->count == 0 ? NULL :
	    xmemdup(from->at, from->count * sizeof *from->at);
}

struct kv_model *
kv_model_new(void)
{
	return xcalloc(1, sizeof(struct kv_model));
}

void
kv_model_free(struct kv_model **m)
{
	if (*m == NULL)
		return;
	free((*m)->seen.at);
	free((*m)->flushed.at);
	free((*m)->log.at);
	free((*m)->before.at);
	free((*m)->ends);
	free(*m);
	*m = NULL;
}

uint64_t
kv_model_unflushed(const struct kv_model *m)
{
	return m->commits;
}

void
kv_model_damage(struct kv_model *m)
{
	m->damaged = true;
}

void
kv_model_crash(struct kv_model *m, uint64_t keep)
{
	size_t	i, end;

	if (keep > m->commits)
		keep = m->commits;
	end = keep > 0 ? m->ends[keep - 1] : 0;
	for (i = 0; i < end; i++)
		model_apply(&m->flushed, &m->log.at[i]);
	m->log.count = m->commits = 0;
	m->in_txn = false;
	model_copy(&m->seen, &m->flushed);
}

/* ---- The calls of kv.h --------------------------------------------------- */

static int
model_open(struct kv **out, void *arg, struct err *e)
{
	struct kv_on_model	*kv;
	struct kv_model		*m = arg;

	if (m->damaged) {
		(void)err_set(e, "the store is damaged");
		return KV_DAMAGED;
	}
	kv = xcalloc(1, sizeof *kv);
	kv->kv.ops = &kv_model_ops;
	kv->m = m;
	*out = &kv->kv;
	return 0;
}

static void
model_abort(struct kv *kv)
{
	struct kv_model	*m = model_of(kv);

	if (!m->in_txn)
		return;
	m->log.count = m->open_from;
	model_copy(&m->seen, &m->before);
	m->in_txn = false;
}

static void
model_close(struct kv *kv)
{
	model_abort(kv);
	free(kv);
}

static int
model_get(struct kv *kv, struct str key, struct str *value, struct err *e)
{
	struct model_pairs	*ps = &model_of(kv)->seen;
	size_t			 i = model_find(ps, key);

	(void)e;
	if (i == ps->count || model_compare(&ps->at[i], key) != 0)
		return 1;
	*value = (struct str){ ps->at[i].value, ps->at[i].value_len };
	return 0;
}

static int
model_begin(struct kv *kv, struct err *e)
{
	struct kv_model	*m = model_of(kv);

	(void)e;
	if (m->in_txn)
		panic("a transaction in a transaction");
	m->in_txn = true;
	m->open_from = m->log.count;
	model_copy(&m->before, &m->seen);
	return 0;
}

static int
model_change(struct kv *kv, struct str key, struct str value, bool gone,
    struct err *e)
{
	struct kv_model		*m = model_of(kv);
	struct model_pair	*p;

	if (!m->in_txn)
		panic("a change outside of a transaction");
	if (key.len == 0 || key.len > KV_KEY_MAX || value.len > KV_VALUE_MAX)
		return err_set(e, "a key or value that is too long");
	model_room(&m->log);
	p = &m->log.at[m->log.count++];
	memset(p, 0, sizeof *p);
	memcpy(p->key, key.p, key.len);
	p->key_len = key.len;
	if (value.len > 0)
		memcpy(p->value, value.p, value.len);
	p->value_len = value.len;
	p->gone = gone;
	model_apply(&m->seen, p);
	return 0;
}

static int
model_put(struct kv *kv, struct str key, struct str value, struct err *e)
{
	return model_change(kv, key, value, false, e);
}

static int
model_remove(struct kv *kv, struct str key, struct err *e)
{
	return model_change(kv, key, STR_NONE, true, e);
}

static int
model_commit(struct kv *kv, struct err *e)
{
	struct kv_model	*m = model_of(kv);

	(void)e;
	if (m->commits == m->commit_cap) {
		m->commit_cap = m->commit_cap == 0 ? 64 : m->commit_cap * 2;
		m->ends = xreallocarray(m->ends, m->commit_cap,
		    sizeof *m->ends);
	}
	m->ends[m->commits++] = m->log.count;
	m->in_txn = false;
	return 0;
}

static int
model_seek(struct kv *kv, struct str key, struct err *e)
{
	(void)e;
	((struct kv_on_model *)kv)->at = model_find(&model_of(kv)->seen, key);
	return 0;
}

static int
model_next(struct kv *kv, struct str *key, struct str *value, struct err *e)
{
	struct kv_on_model	*on = (struct kv_on_model *)kv;
	struct model_pair	*p;

	(void)e;
	if (on->at >= on->m->seen.count)
		return 1;
	p = &on->m->seen.at[on->at++];
	*key = (struct str){ p->key, p->key_len };
	*value = (struct str){ p->value, p->value_len };
	return 0;
}

static int
model_flush(struct kv *kv, struct err *e)
{
	struct kv_model	*m = model_of(kv);

	(void)e;
	kv_model_crash(m, m->commits);
	return 0;
}

static int
model_step(struct kv *kv, struct err *e)
{
	(void)kv;
	(void)e;
	return 0;
}

static bool
model_sound(const struct kv *kv)
{
	(void)kv;
	return true;
}

static int
model_destroy(void *arg, struct err *e)
{
	struct kv_model	*m = arg;

	(void)e;
	m->seen.count = m->flushed.count = m->log.count = m->commits = 0;
	m->damaged = m->in_txn = false;
	return 0;
}

const struct kv_ops	kv_model_ops = {
	.open = model_open, .close = model_close, .get = model_get,
	.begin = model_begin, .put = model_put, .remove = model_remove,
	.commit = model_commit, .abort = model_abort, .seek = model_seek,
	.next = model_next, .flush = model_flush, .step = model_step,
	.sound = model_sound, .destroy = model_destroy,
};
