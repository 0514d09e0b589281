/*
 * Hits that fall into the same thousandth of the interval share an entry of
 * a ring, whose time is that of the last of them.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "window.h"

#define RING_FIRST	4
#define PARTS		1000

void
window_init(struct window *w)
{
	*w = (struct window){ .ring = NULL };
}

void
window_fini(struct window *w)
{
	free(w->ring);
	window_init(w);
}

static struct window_hit *
window_at(const struct window *w, uint32_t i)
{
	return &w->ring[(w->first + i) & (w->cap - 1)];
}

static void
window_expire(struct window *w, int64_t now_ms)
{
	while (w->count > 0 &&
	    window_at(w, 0)->at_ms <= now_ms - w->interval_ms) {
		w->first = (w->first + 1) & (w->cap - 1);
		w->count--;
	}
}

uint64_t
window_count(struct window *w, int64_t now_ms, int64_t interval_ms)
{
	uint64_t	n = 0;
	uint32_t	i;

	if (interval_ms > w->interval_ms)
		w->interval_ms = interval_ms;
	window_expire(w, now_ms);
	for (i = w->count; i > 0; i--) {
		if (window_at(w, i - 1)->at_ms <= now_ms - interval_ms)
			break;
		n += window_at(w, i - 1)->n;
	}
	return n;
}

size_t
window_growth(const struct window *w)
{
	if (w->count < w->cap || w->cap == WINDOW_RING_MAX)
		return 0;
	return (w->cap == 0 ? RING_FIRST : w->cap) * sizeof *w->ring;
}

size_t
window_bytes(const struct window *w)
{
	return w->cap * sizeof *w->ring;
}

static void
window_grow(struct window *w)
{
	uint32_t		 cap = w->cap == 0 ? RING_FIRST : w->cap * 2;
	struct window_hit	*ring = xcalloc(cap, sizeof *ring);
	uint32_t		 i;

	for (i = 0; i < w->count; i++)
		ring[i] = *window_at(w, i);
	free(w->ring);
	w->ring = ring;
	w->cap = cap;
	w->first = 0;
}

void
window_add(struct window *w, int64_t now_ms)
{
	int64_t			 part = w->interval_ms / PARTS;
	struct window_hit	*last;

	if (part < 1)
		part = 1;
	last = w->count > 0 ? window_at(w, w->count - 1) : NULL;
	if (last == NULL || (now_ms / part != last->at_ms / part &&
	    w->count < WINDOW_RING_MAX)) {
		if (w->count == w->cap)
			window_grow(w);
		last = window_at(w, w->count++);
		last->n = 0;
	}
	last->at_ms = now_ms;
	last->n++;
}
