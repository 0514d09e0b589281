/*
 * A lock exists as long as it has a claim.  The first of its claims holds it
 * if `held` is set; the others wait.
 *
 * I1  Once open, the first claim of every lock holds it.
 * I2  No claim but the first holds.
 */
#include <stdlib.h>
#include <string.h>

#include "base/hmap.h"
#include "base/mem.h"

#include "locks.h"

#define OVERHEAD	64	/* of the allocator, and of a bucket */
#define CLAIM_COST	(sizeof(struct claim) + OVERHEAD)

enum { KIND_LOCK, KIND_CLAIM };

struct lock {
	struct hmap_entry	 entry;		/* first */
	TAILQ_HEAD(, claim)	 line;
	bool			 held;
	char			 name[];
};

struct claim_key {
	struct lock_owner	*owner;
	uint64_t		 id;
};

struct claim {
	struct hmap_entry	 entry;		/* first */
	TAILQ_ENTRY(claim)	 in_line;
	LIST_ENTRY(claim)	 of_owner;
	struct lock		*lock;
	struct claim_key	 key;
};

struct locks {
	struct hmap		 table;
	size_t			 claims;
	size_t			 used;
	bool			 open;
	locks_granted_fn	*granted;
	void			*arg;
};

struct locks *
locks_new(locks_granted_fn *granted, void *arg)
{
	struct locks	*l = xcalloc(1, sizeof *l);

	hmap_init(&l->table);
	l->granted = granted;
	l->arg = arg;
	return l;
}

static void
locks_free_entry(void *arg, struct hmap_entry *e)
{
	struct locks	*l = arg;

	hmap_remove(&l->table, e);
	free(e);
}

void
locks_free(struct locks **lp)
{
	struct locks	*l = *lp;

	if (l == NULL)
		return;
	hmap_walk(&l->table, l->table.size, locks_free_entry, l);
	hmap_fini(&l->table);
	free(l);
	*lp = NULL;
}

size_t
locks_count(const struct locks *l)
{
	return l->claims;
}

size_t
locks_bytes(const struct locks *l)
{
	return l->used;
}

static size_t
lock_cost(size_t name_len)
{
	return sizeof(struct lock) + name_len + OVERHEAD;
}

size_t
locks_cost(struct str name)
{
	return CLAIM_COST + lock_cost(name.len);
}

void
lock_owner_init(struct lock_owner *o)
{
	LIST_INIT(&o->claims);
}

static struct claim *
claim_find(struct locks *l, struct lock_owner *o, uint64_t id)
{
	struct claim_key	k;

	memset(&k, 0, sizeof k);
	k.owner = o;
	k.id = id;
	return (struct claim *)hmap_find(&l->table, KIND_CLAIM,
	    (struct str){ (const char *)&k, sizeof k });
}

static struct lock *
lock_get(struct locks *l, struct str name)
{
	struct lock	*lk;

	lk = (struct lock *)hmap_find(&l->table, KIND_LOCK, name);
	if (lk != NULL)
		return lk;
	lk = xcalloc(1, sizeof *lk + name.len);
	if (name.len > 0)
		memcpy(lk->name, name.p, name.len);
	lk->entry.key = lk->name;
	lk->entry.len = (uint32_t)name.len;
	lk->entry.kind = KIND_LOCK;
	TAILQ_INIT(&lk->line);
	hmap_insert(&l->table, &lk->entry);
	l->used += lock_cost(name.len);
	return lk;
}

static struct claim *
claim_new(struct locks *l, struct lock_owner *o, uint64_t id,
    struct lock *lk)
{
	struct claim	*c = xcalloc(1, sizeof *c);

	c->lock = lk;
	c->key.owner = o;
	c->key.id = id;
	c->entry.key = (const char *)&c->key;
	c->entry.len = sizeof c->key;
	c->entry.kind = KIND_CLAIM;
	hmap_insert(&l->table, &c->entry);
	LIST_INSERT_HEAD(&o->claims, c, of_owner);
	l->claims++;
	l->used += CLAIM_COST;
	return c;
}

/* May this owner make one more claim?  LOCKS_WAITS says yes. */
static enum locks_rc
claim_check(struct locks *l, struct lock_owner *o, uint64_t id)
{
	if (claim_find(l, o, id) != NULL)
		return LOCKS_TWICE;
	return l->claims >= LOCKS_CLAIMS_MAX ? LOCKS_FULL : LOCKS_WAITS;
}

enum locks_rc
locks_claim(struct locks *l, struct lock_owner *o, uint64_t id,
    struct str name)
{
	enum locks_rc	 rc = claim_check(l, o, id);
	struct lock	*lk;
	struct claim	*c;

	if (rc != LOCKS_WAITS)
		return rc;
	lk = lock_get(l, name);
	c = claim_new(l, o, id, lk);
	TAILQ_INSERT_TAIL(&lk->line, c, in_line);
	if (!l->open || lk->held)
		return LOCKS_WAITS;
	lk->held = true;
	return LOCKS_GRANTED;
}

enum locks_rc
locks_hold(struct locks *l, struct lock_owner *o, uint64_t id,
    struct str name)
{
	enum locks_rc	 rc = claim_check(l, o, id);
	struct lock	*lk;
	struct claim	*c;

	if (rc != LOCKS_WAITS)
		return rc;
	lk = lock_get(l, name);
	if (lk->held)
		return LOCKS_TWICE;
	c = claim_new(l, o, id, lk);
	TAILQ_INSERT_HEAD(&lk->line, c, in_line);
	lk->held = true;
	return LOCKS_GRANTED;
}

static void
lock_next(struct locks *l, struct lock *lk)
{
	struct claim	*c = TAILQ_FIRST(&lk->line);

	if (c == NULL) {
		l->used -= lock_cost(lk->entry.len);
		hmap_remove(&l->table, &lk->entry);
		free(lk);
	} else if (l->open && !lk->held) {
		lk->held = true;
		l->granted(l->arg, c->key.owner, c->key.id);
	}
}

static void
claim_end(struct locks *l, struct claim *c)
{
	struct lock	*lk = c->lock;

	if (TAILQ_FIRST(&lk->line) == c)
		lk->held = false;
	TAILQ_REMOVE(&lk->line, c, in_line);
	LIST_REMOVE(c, of_owner);
	hmap_remove(&l->table, &c->entry);
	free(c);
	l->claims--;
	l->used -= CLAIM_COST;
	lock_next(l, lk);
}

void
locks_drop(struct locks *l, struct lock_owner *o, uint64_t id)
{
	struct claim	*c = claim_find(l, o, id);

	if (c != NULL)
		claim_end(l, c);
}

/* Those that wait go first: a lock is not handed to who is leaving. */
void
locks_leave(struct locks *l, struct lock_owner *o)
{
	struct claim	*c, *next;

	LIST_FOREACH_SAFE(c, &o->claims, of_owner, next)
		if (TAILQ_FIRST(&c->lock->line) != c || !c->lock->held)
			claim_end(l, c);
	while ((c = LIST_FIRST(&o->claims)) != NULL)
		claim_end(l, c);
}

static void
locks_open_entry(void *arg, struct hmap_entry *e)
{
	if (e->kind == KIND_LOCK)
		lock_next(arg, (struct lock *)e);
}

void
locks_open(struct locks *l)
{
	if (l->open)
		return;
	l->open = true;
	hmap_walk(&l->table, l->table.size, locks_open_entry, l);
}
