/*
 * Items by the time at which they go, the first one first.  Those that stay
 * for ever are not in it.
 */
#include "base/mem.h"

#include "policy_live_private.h"

static void
heap_put(struct policy_live *l, size_t at, struct live_item *i)
{
	l->heap[at] = i;
	i->heap = at + 1;
}

static void
heap_up(struct policy_live *l, size_t at, struct live_item *i)
{
	size_t	above;

	for (; at > 0; at = above) {
		above = (at - 1) / 2;
		if (l->heap[above]->expires_ms <= i->expires_ms)
			break;
		heap_put(l, at, l->heap[above]);
	}
	heap_put(l, at, i);
}

static void
heap_down(struct policy_live *l, size_t at, struct live_item *i)
{
	size_t	below;

	while ((below = 2 * at + 1) < l->heap_count) {
		if (below + 1 < l->heap_count && l->heap[below +
		    1]->expires_ms < l->heap[below]->expires_ms)
			below++;
		if (i->expires_ms <= l->heap[below]->expires_ms)
			break;
		heap_put(l, at, l->heap[below]);
		at = below;
	}
	heap_put(l, at, i);
}

void
live_heap_drop(struct policy_live *l, struct live_item *i)
{
	struct live_item	*last;
	size_t			 at = i->heap;

	if (at == 0)
		return;
	i->heap = 0;
	last = l->heap[--l->heap_count];
	if (last == i)
		return;
	at--;
	if (at > 0 && last->expires_ms < l->heap[(at - 1) / 2]->expires_ms)
		heap_up(l, at, last);
	else
		heap_down(l, at, last);
}

void
live_heap_set(struct policy_live *l, struct live_item *i, int64_t expires_ms)
{
	live_heap_drop(l, i);
	i->expires_ms = expires_ms;
	if (expires_ms == INT64_MAX)
		return;
	if (l->heap_count == l->heap_cap) {
		l->heap_cap = l->heap_cap == 0 ? 64 : l->heap_cap * 2;
		l->heap = xreallocarray(l->heap, l->heap_cap,
		    sizeof *l->heap);
	}
	heap_up(l, l->heap_count++, i);
}
