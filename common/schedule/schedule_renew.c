/*
 * schedule_renew - generations of virtual queues
 *
 * A queue and a class are of the generation in which the queue's route was
 * told.  Those of former generations are stale, and may not go.  There are two
 * lines of classes: those that may go, and those that could if they were not
 * stale.  A new generation moves all of the first line to the second, which
 * is the meld of two heaps; what is rerouted comes into a class of the new
 * generation, and so into the first line.
 *
 * Who is stale is found by the second line, whose turn it is, and then by
 * going over all queues once: whatever becomes ready behind that place stands
 * in the second line.
 *
 * Generations have 16 bits.  After 65535 of them all numbers begin anew, and
 * then whatever is there is of generation 0, which is never the present one:
 * so nothing that is stale ever counts as new.
 */
#include "schedule_private.h"
#include "schedule_renew.h"

static void
renew_number(struct schedule *s)
{
	if (s->generation < UINT16_MAX) {
		s->generation++;
		return;
	}
	for (uint32_t i = 1; i < s->queues.top; i++)
		PART(s, queue, i)->generation = 0;
	for (uint32_t i = 1; i < s->classes.top; i++)
		PART(s, class, i)->generation = 0;
	s->generation = 1;
}

void
schedule_renew(struct schedule *s)
{
	action_forget(s);
	class_renew(s);
	renew_number(s);
	s->swept = 1;
}

static uint32_t
renew_next(struct schedule *s)
{
	for (int priority = 1; priority >= 0; priority--)
		if (s->old[priority] != 0)
			return lane_first(s, s->old[priority]);
	for (; s->swept < s->queues.top; s->swept++)
		if (PART(s, queue, s->swept)->head != 0 &&
		    squeue_is_stale(s, s->swept))
			return s->swept;
	return 0;
}

bool
schedule_stale(struct schedule *s, struct schedule_stale *st)
{
	uint32_t	       i = renew_next(s);
	const struct queue    *q;
	const struct subqueue *w;

	action_forget(s);
	if (i == 0)
		return false;
	q = PART(s, queue, i);
	w = PART(s, subqueue, q->subqueue);
	*st = (struct schedule_stale){ .queue = i, .subqueue = {
		sname_text(s, w->name[0]), sname_text(s, w->name[1]),
		sname_text(s, w->name[2]), sname_text(s, w->name[3]) },
		.grouping = sname_text(s, q->grouping), .digest = q->digest,
		.ref = q->head };
	return true;
}

void
schedule_reroute(struct schedule *s, schedule_vq queue,
    const struct schedule_candidate *candidates, size_t count)
{
	struct schedule_entry_in in = { .candidates = candidates,
		.candidate_count = count };
	const struct queue	*q = PART(s, queue, queue);

	action_forget(s);
	if (q->count == 0)
		return;		/* the last entry has left it */
	in.subqueue.transportid = sname_text(s,
	    PART(s, subqueue, q->subqueue)->name[0]);
	in.recipients = (uint16_t)route_recipients(route_at(s, q->route));
	squeue_reroute(s, queue, route_of(s, &in));
}

schedule_ref
schedule_first(const struct schedule *s, schedule_vq queue)
{
	return PART(s, queue, queue)->head;
}
