/*
 * Entries counted by the value of a field.
 */
#include <stdlib.h>
#include <string.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "ipc/channel.h"

#include "query.h"

#define GROUP_VALUE_MAX	1024

struct group {
	struct hmap_entry	hash;
	struct group		*next;		/* in group_free() */
	uint64_t		entries, bytes;
	char			value[];
};

void
group_add(struct query *q, const struct queue_row *r)
{
	struct group	*g;
	struct str	 value;

	buf_clear(&q->scratch);
	queue_row_group(&q->scratch, r, q->group);
	value = buf_str(&q->scratch);
	if (value.len > GROUP_VALUE_MAX)
		value.len = GROUP_VALUE_MAX;
	g = (struct group *)hmap_find(&q->groups, 0, value);
	if (g == NULL && q->group_count < GROUP_MAX) {
		g = xcalloc(1, sizeof *g + value.len + 1);
		if (value.len > 0)
			memcpy(g->value, value.p, value.len);
		g->hash.key = g->value;
		g->hash.len = (uint32_t)value.len;
		hmap_insert(&q->groups, &g->hash);
		q->group_count++;
	}
	if (g == NULL) {
		q->group_over = q->full = true;
		return;
	}
	g->entries++;
	g->bytes += r->accepted.size;
}

static void
group_collect(void *arg, struct hmap_entry *e)
{
	struct query	*q = arg;

	q->sorted[q->group_next++] = (struct group *)e;
}

/* The largest first. */
static int
group_order(const void *a, const void *b)
{
	const struct group	*x = *(struct group *const *)a;
	const struct group	*y = *(struct group *const *)b;

	if (x->entries != y->entries)
		return x->entries < y->entries ? 1 : -1;
	return strcmp(x->value, y->value);
}

static void
group_sort(struct query *q)
{
	q->sorted = xreallocarray(NULL, q->group_count + 1,
	    sizeof(*q->sorted));
	q->group_next = 0;
	while (q->group_next < q->group_count)
		hmap_walk(&q->groups, 1024, group_collect, q);
	q->group_next = 0;
	qsort(q->sorted, q->group_count, sizeof(*q->sorted), group_order);
}

int
group_send(struct query *q)
{
	const struct group	*g;

	if (q->sorted == NULL)
		group_sort(q);
	while (q->group_next < q->group_count && q->credit > 0) {
		g = q->sorted[q->group_next++];
		CHANNEL_SEND(q->channel, QUEUE_GROUP, -1,
		    { .value = { g->value, g->hash.len },
		    .entries = g->entries, .bytes = g->bytes });
		q->credit--;
	}
	return q->group_next < q->group_count;
}

static void
group_drop(void *arg, struct hmap_entry *e)
{
	struct query	*q = arg;

	hmap_remove(&q->groups, e);
	free(e);
	q->group_count--;
}

void
group_free(struct query *q)
{
	free(q->sorted);
	q->sorted = NULL;
	while (q->group_count > 0)
		hmap_walk(&q->groups, 1024, group_drop, q);
}
