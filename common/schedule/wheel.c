/*
 * wheel - timers in a hierarchy of slots
 *
 * A timer stands on the lowest level whose turn of 256 slots contains both it
 * and now.  When now comes to a slot of a higher level, that slot's timers
 * are set anew, and so come to stand lower.  A slot is a list; the `prev` of
 * its first names the slot, with the highest bit set.
 */
#include <string.h>

#include "wheel.h"

#define WHEEL_HEAD	0x80000000u
#define WHEEL_FAR	INT64_C(0x7fffffff)

void
wheel_init(struct wheel *w, int64_t now,
    struct wheel_timer *(*timer)(const void *arg, uint32_t i), const void *arg)
{
	memset(w, 0, sizeof(*w));
	w->now = now;
	w->timer = timer;
	w->arg = arg;
}

bool
wheel_is_set(const struct wheel *w, uint32_t i)
{
	return w->timer(w->arg, i)->prev != 0;
}

static void
wheel_unlink(struct wheel *w, uint32_t i)
{
	struct wheel_timer *t = w->timer(w->arg, i);
	unsigned	    level, slot;

	if (t->prev & WHEEL_HEAD) {
		level = (t->prev >> 8) & 3;
		slot = t->prev & 255;
		w->slot[level][slot] = t->next;
		if (t->next == 0)
			w->used[level][slot / 64] &=
			    ~(UINT64_C(1) << (slot % 64));
	} else {
		w->timer(w->arg, t->prev)->next = t->next;
	}
	if (t->next != 0)
		w->timer(w->arg, t->next)->prev = t->prev;
	t->next = t->prev = 0;
	w->count--;
}

void
wheel_drop(struct wheel *w, uint32_t i)
{
	if (wheel_is_set(w, i))
		wheel_unlink(w, i);
}

void
wheel_set(struct wheel *w, uint32_t i, int64_t due)
{
	struct wheel_timer *t = w->timer(w->arg, i);
	unsigned	    level = 0, slot;

	wheel_drop(w, i);
	if (due < w->now)
		due = w->now;
	if (due - w->now > WHEEL_FAR)
		due = w->now + WHEEL_FAR;
	t->due = (uint32_t)due;
	while (level < WHEEL_LEVELS - 1 &&
	    (due >> (8 * (level + 1))) != (w->now >> (8 * (level + 1))))
		level++;
	slot = (unsigned)(due >> (8 * level)) & 255;
	t->next = w->slot[level][slot];
	t->prev = WHEEL_HEAD | level << 8 | slot;
	if (t->next != 0)
		w->timer(w->arg, t->next)->prev = i;
	w->slot[level][slot] = i;
	w->used[level][slot / 64] |= UINT64_C(1) << (slot % 64);
	w->count++;
}

/* The first slot in use from `from` on; 256: none. */
static unsigned
wheel_first(const uint64_t *used, unsigned from)
{
	for (unsigned at = from; at < WHEEL_SLOTS; at = (at / 64 + 1) * 64) {
		uint64_t word = used[at / 64] >> (at % 64);

		if (word != 0)
			return at + (unsigned)__builtin_ctzll(word);
	}
	return WHEEL_SLOTS;
}

int64_t
wheel_next(const struct wheel *w)
{
	if (w->count == 0)
		return INT64_MAX;
	for (unsigned level = 0; level < WHEEL_LEVELS; level++) {
		int64_t	 turn = w->now >> (8 * (level + 1));
		unsigned at = (unsigned)(w->now >> (8 * level)) & 255;
		unsigned slot = wheel_first(w->used[level],
		    at + (level > 0));

		if (slot < WHEEL_SLOTS)
			return (turn << 8 | slot) << (8 * level);
	}
	/* The highest level goes round. */
	return ((w->now >> 32) + 1) << 32 |
	    (int64_t)wheel_first(w->used[WHEEL_LEVELS - 1], 0) << 24;
}

/* now has come to the beginning of slots: what stands in them stands lower. */
static void
wheel_lower(struct wheel *w)
{
	for (unsigned level = WHEEL_LEVELS - 1; level > 0; level--) {
		unsigned slot = (unsigned)(w->now >> (8 * level)) & 255;
		uint32_t i = w->slot[level][slot], next;

		if ((w->now & ((INT64_C(1) << (8 * level)) - 1)) != 0)
			continue;
		for (; i != 0; i = next) {
			struct wheel_timer *t = w->timer(w->arg, i);

			next = t->next;
			wheel_set(w, i, w->now +
			    (uint32_t)(t->due - (uint32_t)w->now));
		}
	}
}

uint32_t
wheel_due(struct wheel *w, int64_t now)
{
	for (;;) {
		uint32_t i = w->slot[0][w->now & 255];
		int64_t	 next;

		if (i != 0 && w->now <= now) {
			wheel_unlink(w, i);
			return i;
		}
		next = wheel_next(w);
		if (next > now) {
			/* Nothing stands between: no slot is passed by. */
			if (now > w->now)
				w->now = now;
			return 0;
		}
		w->now = next;
		wheel_lower(w);
	}
}
