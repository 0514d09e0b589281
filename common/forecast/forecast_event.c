/*
 * A binary heap; of one time the one that was added first comes first.
 */
#include "base/mem.h"

#include "forecast_run.h"

static bool
fevent_before(const struct fevent *a, const struct fevent *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms < b->at_ms;
	return (int32_t)(a->order - b->order) < 0;
}

void
fevents_add(struct fevents *q, int64_t at_ms, enum fevent_kind kind,
    uint32_t id, uint32_t stamp)
{
	struct fevent	e = { at_ms, q->order++, kind, id, stamp };
	size_t		i;

	if (q->count == q->cap) {
		q->cap = q->cap == 0 ? 256 : q->cap * 2;
		q->heap = xreallocarray(q->heap, q->cap, sizeof *q->heap);
	}
	for (i = q->count++; i > 0 &&
	    fevent_before(&e, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
		q->heap[i] = q->heap[(i - 1) / 2];
	q->heap[i] = e;
}

int64_t
fevents_first(const struct fevents *q)
{
	return q->count > 0 ? q->heap[0].at_ms : INT64_MAX;
}

struct fevent
fevents_take(struct fevents *q)
{
	struct fevent	first = q->heap[0], last = q->heap[--q->count];
	size_t		i = 0, k;

	while ((k = 2 * i + 1) < q->count) {
		if (k + 1 < q->count &&
		    fevent_before(&q->heap[k + 1], &q->heap[k]))
			k++;
		if (!fevent_before(&q->heap[k], &last))
			break;
		q->heap[i] = q->heap[k];
		i = k;
	}
	q->heap[i] = last;
	return first;
}
