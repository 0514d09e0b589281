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
	struct group		*next;		/* of the query's */
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
		g->next = q->group_first;
		q->group_first = g;
		q->group_count++;
	}
	if (g == NULL) {
		q->group_over = q->full = true;
		return;
	}
	g->entries++;
	g->bytes += r->accepted.size;
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
	struct group	*g;
	size_t		 n = 0;

	q->sorted = xreallocarray(NULL, q->group_count + 1,
	    sizeof(*q->sorted));
	for (g = q->group_first; g != NULL; g = g->next)
		q->sorted[n++] = g;
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

void
group_free(struct query *q)
{
	struct group	*g;

	hmap_fini(&q->groups);
	while ((g = q->group_first) != NULL) {
		q->group_first = g->next;
		free(g);
	}
	free(q->sorted);
	q->sorted = NULL;
}
