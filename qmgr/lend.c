/*
 * Segments that a deliver worker may read: at most JOB_SEGMENTS_MAX at a time,
 * each as long as a job of it reads there, and then until another needs the
 * place, or the segment is removed: its room is not free before that.
 */
#include <errno.h>
#include <fcntl.h>

#include "ipc/channel.h"
#include "spool/disk_real.h"
#include "spool/segment.h"

#include "delivery.h"

/* The worker closes it. */
static void
lend_end(struct agent *a, struct lent *l)
{
	CHANNEL_SEND(a->channel, DELIVER_CLOSE, -1,
	    { .segment = l->segment });
	*l = a->lent[--a->lent_count];
}

static struct lent *
lend_find(struct agent *a, uint64_t segment)
{
	uint32_t	i;

	for (i = 0; i < a->lent_count; i++)
		if (a->lent[i].segment == segment)
			return &a->lent[i];
	return NULL;
}

/* A place that nobody reads from; NULL: there is none. */
static struct lent *
lend_place(struct agent *a)
{
	struct lent	*best = NULL;
	uint32_t	 i;

	if (a->lent_count < JOB_SEGMENTS_MAX)
		return &a->lent[a->lent_count++];
	for (i = 0; i < a->lent_count; i++)
		if (a->lent[i].jobs == 0 && (best == NULL ||
		    a->lent[i].stamp < best->stamp))
			best = &a->lent[i];
	if (best != NULL)
		CHANNEL_SEND(a->channel, DELIVER_CLOSE, -1,
		    { .segment = best->segment });
	return best;
}

int
lend_take(struct agent *a, uint64_t segment, struct err *e)
{
	char			 name[SEGMENT_NAME];
	struct disk_file	*f;
	struct lent		*l = lend_find(a, segment);

	if (l == NULL) {
		segment_name(name, segment);
		if (disk_open(keeper_disk(), name, DISK_READ, &f) == -1)
			return err_errno(e, "%s", name);
		if ((l = lend_place(a)) == NULL) {
			disk_close(&f);
			a->starved = true;
			agent_update(a);
			return 1;
		}
		*l = (struct lent){ .segment = segment };
		CHANNEL_SEND(a->channel, DELIVER_SEGMENT, disk_real_fd(f),
		    { .segment = segment });
		disk_close(&f);
	}
	l->jobs++;
	l->stamp = ++a->stamp;
	return 0;
}

void
lend_give(struct agent *a, uint64_t segment)
{
	struct lent	*l = lend_find(a, segment);

	if (l == NULL || l->jobs == 0)
		return;
	if (--l->jobs > 0)
		return;
	if (l->gone && a->channel != NULL)
		lend_end(a, l);
	if (a->starved) {
		a->starved = false;
		agent_update(a);
	}
}

static void
lend_gone_of(void *arg, struct agent *a)
{
	struct lent	*l = lend_find(a, *(const uint64_t *)arg);

	if (l == NULL || a->channel == NULL)
		return;
	l->gone = true;
	if (l->jobs == 0)
		lend_end(a, l);
}

void
lend_gone(void *arg, uint64_t segment)
{
	(void)arg;
	agents_each(lend_gone_of, &segment);
}
