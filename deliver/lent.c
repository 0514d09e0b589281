/*
 * One that is closed is in no table any more, but may have jobs.
 */
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "job/job.h"
#include "spool/disk_real.h"

#include "lent.h"

#define LENT_KIND	1

static struct hmap	lents;

void
lents_init(void)
{
	hmap_init(&lents);
}

static void
lent_free(struct lent *l)
{
	disk_close(&l->file);
	free(l);
}

static void
lent_close_one(struct lent *l)
{
	hmap_remove(&lents, &l->entry);
	l->closed = true;
	if (l->jobs == 0)
		lent_free(l);
}

static void
lent_close_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	lent_close_one((struct lent *)e);
}

void
lents_close_all(void)
{
	hmap_walk(&lents, lents.size, lent_close_entry, NULL);
}

void
lents_fini(void)
{
	lents_close_all();
	hmap_fini(&lents);
}

static struct lent *
lent_find(uint64_t segment)
{
	return (struct lent *)hmap_find(&lents, LENT_KIND,
	    (struct str){ (const char *)&segment, sizeof segment });
}

int
lent_add(uint64_t segment, int fd)
{
	struct lent	*l = lent_find(segment);

	if (lents.count >= JOB_SEGMENTS_MAX || l != NULL) {
		(void)close(fd);
		return -1;
	}
	l = xcalloc(1, sizeof *l);
	l->segment = segment;
	l->file = disk_real_take(fd);
	l->entry.key = (const char *)&l->segment;
	l->entry.len = sizeof l->segment;
	l->entry.kind = LENT_KIND;
	hmap_insert(&lents, &l->entry);
	return 0;
}

int
lent_close(uint64_t segment)
{
	struct lent	*l = lent_find(segment);

	if (l == NULL)
		return -1;
	lent_close_one(l);
	return 0;
}

struct lent *
lent_take(uint64_t segment)
{
	struct lent	*l = lent_find(segment);

	if (l != NULL)
		l->jobs++;
	return l;
}

void
lent_give(struct lent **lp)
{
	struct lent	*l = *lp;

	*lp = NULL;
	if (l != NULL && --l->jobs == 0 && l->closed)
		lent_free(l);
}
