/*
 * Two orders of the same things: a tree by the end of their leases, and a list
 * by their last use.
 */
#include "lease.h"

static int
lease_compare(const struct lease *a, const struct lease *b)
{
	if (a->ends_ms != b->ends_ms)
		return a->ends_ms < b->ends_ms ? -1 : 1;
	/* Those that end at one time are told apart by their place. */
	return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

RB_PROTOTYPE(lease_tree, lease, by_end, lease_compare)
RB_GENERATE(lease_tree, lease, by_end, lease_compare)

void
leases_init(struct leases *ls)
{
	RB_INIT(&ls->ends);
	TAILQ_INIT(&ls->uses);
}

void
lease_take(struct leases *ls, struct lease *l, int64_t ends_ms)
{
	lease_drop(ls, l);
	l->held = true;
	l->ends_ms = ends_ms;
	(void)RB_INSERT(lease_tree, &ls->ends, l);
	TAILQ_INSERT_TAIL(&ls->uses, l, by_use);
}

void
lease_drop(struct leases *ls, struct lease *l)
{
	if (!l->held)
		return;
	l->held = false;
	(void)RB_REMOVE(lease_tree, &ls->ends, l);
	TAILQ_REMOVE(&ls->uses, l, by_use);
}

void
lease_use(struct leases *ls, struct lease *l)
{
	if (!l->held)
		return;
	TAILQ_REMOVE(&ls->uses, l, by_use);
	TAILQ_INSERT_TAIL(&ls->uses, l, by_use);
}

struct lease *
lease_over(struct leases *ls, int64_t now_ms)
{
	struct lease	*l = RB_MIN(lease_tree, &ls->ends);

	return l != NULL && l->ends_ms <= now_ms ? l : NULL;
}

struct lease *
lease_idle(struct leases *ls)
{
	return TAILQ_FIRST(&ls->uses);
}
