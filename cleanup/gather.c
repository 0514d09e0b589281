/* For how many a sync waits, by the groups of the last hundred milliseconds. */
#include "gather.h"

/* Short, so that a session that has come to be alone is soon told at once. */
#define SPAN_MS		50
#define ALONE		2	/* a group, in the mean, is less than that */

void
gather_note(struct gather *g, int64_t now_ms, size_t transactions)
{
	if (transactions == 0)
		return;
	if (now_ms - g->began_ms >= SPAN_MS) {
		g->before = now_ms - g->began_ms < 2 * SPAN_MS ? g->now :
		    (struct gather_span){ 0 };
		g->now = (struct gather_span){ 0 };
		g->began_ms = now_ms;
	}
	g->now.groups++;
	g->now.transactions += transactions;
	if (transactions > g->now.largest)
		g->now.largest = transactions;
}

size_t
gather_wanted(const struct gather *g)
{
	size_t	groups = g->now.groups + g->before.groups;
	size_t	all = g->now.transactions + g->before.transactions;
	size_t	largest = g->now.largest > g->before.largest ?
	    g->now.largest : g->before.largest;

	if (all < groups * ALONE)
		return 0;
	return (largest + 1) / 2;
}
