/*
 * schedule_host - hosts that are barred for a time
 *
 * A host is there while a candidate names it or it is barred.  Classes that
 * are parked, and whose choice a bar would change, stand in the host's ring.
 * When a bar begins or ends the ring is taken over as `woken`, and some of it
 * is woken each time that the next pickup is asked for: there may be a
 * million.  A class that parks again meanwhile stands in the other ring.
 *
 * A bar that has ended counts for nothing from its time on, whether or not it
 * was taken from the heap.
 */
#include "schedule_private.h"
#include "schedule_renew.h"

enum { HOST_BARS = 100000, HOST_ENDS = 256, HOST_WAKES = 1024 };

static bool
host_same(const void *arg, uint32_t i, const void *key)
{
	const struct schedule *s = arg;

	return PART(s, host, i)->name == *(const uint32_t *)key;
}

static struct slab_link *
host_link(const void *arg, uint32_t i)
{
	const struct schedule *s = arg;

	return &PART(s, host, i)->link;
}

static bool
host_sooner(const void *arg, uint32_t a, uint32_t b)
{
	const struct schedule *s = arg;

	return PART(s, host, a)->until_ms < PART(s, host, b)->until_ms;
}

static const struct slab_heap_ops host_ops = { host_link, host_sooner };

uint32_t
host_take(struct schedule *s, struct str text)
{
	uint32_t name, hash, i;

	if (text.len == 0)
		return 0;
	name = sname_take(s, text);
	hash = slab_hash(&name, 1);
	i = slab_index_find(&s->by_host, hash, host_same, s, &name);
	if (i == 0) {
		i = slab_take(&s->hosts);
		PART(s, host, i)->name = name;
		slab_index_add(&s->by_host, hash, i);
	} else {
		sname_drop(s, name);	/* the host has it */
	}
	PART(s, host, i)->refs++;
	return i;
}

void
host_ref(struct schedule *s, uint32_t host)
{
	if (host != 0)
		PART(s, host, host)->refs++;
}

void
host_drop(struct schedule *s, uint32_t host)
{
	struct host *h;

	if (host == 0)
		return;
	h = PART(s, host, host);
	if (--h->refs > 0)
		return;
	assert(h->waits == 0 && h->woken == 0);
	slab_index_drop(&s->by_host, slab_hash(&h->name, 1), host);
	sname_drop(s, h->name);
	slab_give(&s->hosts, host);
}

bool
host_is_barred(const struct schedule *s, uint32_t host)
{
	return host != 0 && PART(s, host, host)->until_ms > s->now;
}

void
host_wait(struct schedule *s, uint32_t host, uint32_t class)
{
	uint32_t      i = slab_take(&s->waits);
	struct wait  *w = PART(s, wait, i);
	struct class *c = PART(s, class, class);

	w->limiter = host;
	w->who = class;
	w->is_class = w->is_host = true;
	w->priority = c->priority;
	w->beside = c->waits;
	c->waits = i;
	PART_RING_ADD(s, wait, &PART(s, host, host)->waits, i);
}

/* Another choice may be the best now, for those that wait. */
static void
host_stir(struct schedule *s, uint32_t host)
{
	struct host *h = PART(s, host, host);

	if (h->waits == 0)
		return;
	slab_ring_join(&s->waits, offsetof(struct wait, ring), &h->woken,
	    &h->waits);
	if (h->wakes)
		return;
	h->wakes = true;
	h->refs++;
	h->next = s->wakes;
	s->wakes = host;
}

bool
host_wake(struct schedule *s)
{
	uint32_t host;
	int	 count = HOST_WAKES;

	while ((host = s->wakes) != 0) {
		struct host *h = PART(s, host, host);

		for (; h->woken != 0 && count > 0; count--)
			class_wake(s, PART(s, wait, h->woken)->who);
		if (h->woken != 0)
			return false;
		s->wakes = h->next;
		h->wakes = false;
		host_drop(s, host);
	}
	return true;
}

/* ---- Bars --------------------------------------------------------------- */

static void
host_free(struct schedule *s, uint32_t host)
{
	slab_heap_drop(&host_ops, s, &s->barred, host);
	PART(s, host, host)->until_ms = 0;
	s->bars--;
	host_stir(s, host);
	host_drop(s, host);
}

void
host_clock(struct schedule *s)
{
	for (int n = 0; s->barred != 0 && n < HOST_ENDS &&
	    PART(s, host, s->barred)->until_ms <= s->now; n++)
		host_free(s, s->barred);
}

static void
host_bar(struct schedule *s, uint32_t host, int64_t until_ms)
{
	struct host *h = PART(s, host, host);
	bool	     was = host_is_barred(s, host);

	if (h->until_ms != 0) {
		slab_heap_drop(&host_ops, s, &s->barred, host);
	} else if (s->bars >= HOST_BARS) {
		return;
	} else {
		h->refs++;
		s->bars++;
	}
	h->until_ms = until_ms;
	slab_heap_add(&host_ops, s, &s->barred, host);
	if (!was)
		host_stir(s, host);
}

void
schedule_bar(struct schedule *s, struct str name, int64_t until_ms)
{
	uint32_t host = host_take(s, name);

	action_forget(s);
	if (host == 0)
		return;
	if (until_ms > s->now && until_ms != 0)
		host_bar(s, host, until_ms);
	else if (PART(s, host, host)->until_ms != 0)
		host_free(s, host);
	host_drop(s, host);
}

void
schedule_unbar(struct schedule *s)
{
	action_forget(s);
	while (s->barred != 0)
		host_free(s, s->barred);
}
