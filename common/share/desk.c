/*
 * A question is checked, then answered at once by the vault; one for a lock
 * may have to wait, and is answered when the lock is granted.  Grants that one
 * question causes are given out at the end of it.
 */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"

#include "desk.h"

#define SWEEP_BUCKETS	2048
#define FLAGS		(SHARE_IF_VERSION | SHARE_DROP_ZERO | \
	    SHARE_BARRIER | SHARE_TTL_KEEP)

struct desk {
	struct vault	*vault;
	struct locks	*locks;
	size_t		 limit;		/* of both together */
	desk_answer_fn	*answer;
	void		*arg;
};

/* Both share one limit: the vault may use what the locks do not. */
static void
desk_share_out(struct desk *d)
{
	size_t	used = locks_bytes(d->locks);

	vault_set_limit(d->vault, d->limit > used ? d->limit - used : 0);
}

static void
desk_granted(void *arg, struct lock_owner *o, uint64_t id)
{
	struct desk		*d = arg;
	struct share_answer	 a = { .status = SHARE_OK };

	d->answer(d->arg, (struct desk_client *)o, id, &a);
}

/* Versions begin at the microseconds of the calendar, so that a desk never
 * gives a version that a desk before it has given. */
struct desk *
desk_new(size_t limit_bytes, desk_answer_fn *answer, void *arg)
{
	struct desk	*d = xcalloc(1, sizeof *d);

	d->vault = vault_new(limit_bytes, (uint64_t)clock_wall_us());
	d->locks = locks_new(desk_granted, d);
	d->limit = limit_bytes;
	d->answer = answer;
	d->arg = arg;
	return d;
}

void
desk_free(struct desk **dp)
{
	struct desk	*d = *dp;

	if (d == NULL)
		return;
	vault_free(&d->vault);
	locks_free(&d->locks);
	free(d);
	*dp = NULL;
}

void
desk_set_limit(struct desk *d, size_t limit_bytes)
{
	d->limit = limit_bytes;
	desk_share_out(d);
}

void
desk_open(struct desk *d)
{
	locks_open(d->locks);
}

void
desk_sweep(struct desk *d, int64_t now_ms)
{
	vault_sweep(d->vault, now_ms, SWEEP_BUCKETS);
}

void
desk_figures(const struct desk *d, struct desk_figures *f)
{
	f->keys = vault_count(d->vault);
	f->bytes = vault_bytes(d->vault) + locks_bytes(d->locks);
	f->claims = locks_count(d->locks);
}

void
desk_enter(struct desk *d, struct desk_client *c)
{
	(void)d;
	lock_owner_init(&c->owner);
}

/* ---- Answers ----------------------------------------------------------- */

static enum share_status
desk_status(enum vault_rc rc)
{
	static const enum share_status	of[] = { [VAULT_OK] = SHARE_OK,
	    [VAULT_NO] = SHARE_NO, [VAULT_FULL] = SHARE_FULL };

	return of[rc];
}

static void
desk_show(struct desk *d, enum vault_space space,
    const struct share_question *q, struct share_answer *a)
{
	struct vault_value	v;

	vault_fetch(d->vault, space, q->key, &v);
	a->version = v.version;
	a->value = v.bytes;
}

static void
desk_change(struct desk *d, enum vault_space space,
    const struct share_question *q, struct share_answer *a)
{
	const uint64_t	*version = NULL;
	int64_t		 ttl_ms = q->flags & SHARE_TTL_KEEP ? VAULT_TTL_KEEP :
			    (int64_t)q->interval_ms;
	struct vault_value	 old;
	enum vault_rc	 rc;

	if (q->flags & SHARE_IF_VERSION)
		version = &q->version;
	vault_fetch(d->vault, space, q->key, &old);
	a->number = old.version != 0;
	rc = q->op == SHARE_DELETE ?
	    vault_delete(d->vault, space, q->key, version) :
	    vault_put(d->vault, space, q->key, q->value, version,
	    ttl_ms);
	a->status = desk_status(rc);
	if (rc == VAULT_NO && version != NULL)
		desk_show(d, space, q, a);
}

static void
desk_rate(struct desk *d, const struct share_question *q, int64_t now_ms,
    struct share_answer *a)
{
	struct vault_rate	r = { .count = (uint64_t)q->number,
	    .interval_ms = (int64_t)q->interval_ms, .now_ms = now_ms };

	a->status = desk_status(vault_rate(d->vault, q->key, &r));
	a->number = (double)r.n;
}

/* False: the answer comes later. */
static bool
desk_lock(struct desk *d, struct desk_client *c, uint64_t id,
    const struct share_question *q, struct share_answer *a)
{
	enum locks_rc	rc = LOCKS_FULL;

	if (vault_bytes(d->vault) + locks_bytes(d->locks) +
	    locks_cost(q->key) <= d->limit)
		rc = locks_claim(d->locks, &c->owner, id, q->key);
	desk_share_out(d);
	if (rc != LOCKS_GRANTED && rc != LOCKS_WAITS)
		a->status = SHARE_FULL;
	return rc != LOCKS_WAITS;
}

static bool
desk_sane(const struct share_question *q)
{
	if (q->op >= SHARE_OPS || (q->flags & ~(unsigned)FLAGS) != 0 ||
	    q->key.len > SHARE_KEY_MAX || q->value.len > SHARE_VALUE_MAX ||
	    !isfinite(q->number) || q->interval_ms > SHARE_INTERVAL_MAX_MS)
		return false;
	return q->op != SHARE_RATE || (q->number >= 0 && q->number < 1e15 &&
	    q->interval_ms > 0);
}

int
desk_ask(struct desk *d, struct desk_client *c, uint64_t id,
    const struct share_question *q, int64_t now_ms)
{
	enum vault_space	space = q->flags & SHARE_BARRIER ?
				    VAULT_BARRIER : VAULT_MEMORY;
	struct share_answer	a = { .status = SHARE_OK };

	if (!desk_sane(q))
		return -1;
	vault_tick(d->vault, now_ms);
	if (q->op == SHARE_FETCH)
		desk_show(d, space, q, &a);
	else if (q->op == SHARE_STORE || q->op == SHARE_DELETE)
		desk_change(d, space, q, &a);
	else if (q->op == SHARE_ADD)
		a.status = desk_status(vault_add(d->vault, q->key, q->number,
		    q->flags & SHARE_DROP_ZERO, &a.number));
	else if (q->op == SHARE_RATE)
		desk_rate(d, q, now_ms, &a);
	else if (!desk_lock(d, c, id, q, &a))
		return 0;
	d->answer(d->arg, c, id, &a);
	return 0;
}

int
desk_hold(struct desk *d, struct desk_client *c, uint64_t id,
    struct str name)
{
	enum locks_rc	rc = locks_hold(d->locks, &c->owner, id, name);

	desk_share_out(d);
	return rc == LOCKS_GRANTED ? 0 : -1;
}

void
desk_drop(struct desk *d, struct desk_client *c, uint64_t id)
{
	locks_drop(d->locks, &c->owner, id);
	desk_share_out(d);
}

void
desk_leave(struct desk *d, struct desk_client *c)
{
	locks_leave(d->locks, &c->owner);
	desk_share_out(d);
}

/* ---- For who looks on ---------------------------------------------------- */

size_t
desk_list(struct desk *d, bool rates, struct str prefix, int64_t now_ms,
    void (*fn)(void *arg, const struct vault_seen *v), void *arg)
{
	vault_tick(d->vault, now_ms);
	return vault_list(d->vault, rates ? VAULT_RATE : VAULT_MEMORY,
	    prefix, fn, arg);
}

size_t
desk_clear(struct desk *d, bool rates, struct str prefix, int64_t now_ms)
{
	vault_tick(d->vault, now_ms);
	return vault_clear(d->vault, rates ? VAULT_RATE : VAULT_MEMORY,
	    prefix);
}
