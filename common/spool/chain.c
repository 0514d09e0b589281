/*
 * The segments, listed and linked.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "chain.h"
#include "recover.h"

static int
chain_name(void *arg, const char *name)
{
	struct chain	*c = arg;
	uint64_t	 id;

	if (segment_name_parse(&id, name) == -1 || (id & SEGMENT_COLD) != 0 ||
	    id < c->from)
		return 0;
	c->link = xreallocarray(c->link, c->count + 1, sizeof *c->link);
	c->link[c->count++] = (struct chain_link){ .id = id };
	return 0;
}

static int
chain_order(const void *a, const void *b)
{
	const struct chain_link	*x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

/* Takes what each head says; files that are no segments are left out. */
static int
chain_heads(struct disk *disk, struct chain *c, struct err *e)
{
	struct segment	s;
	size_t		i, n = 0;
	int		rc;

	for (i = 0; i < c->count; i++) {
		if ((rc = recover_head(disk, c->link[i].id, &s, e)) == -1)
			return -1;
		if (rc == 1)
			continue;
		c->link[n] = c->link[i];
		c->link[n].before = s.before;
		c->link[n].before_end = s.before_end;
		c->link[n].sealed_end = s.sealed_end;
		c->link[n].end = UINT64_MAX;
		c->link[n].headless = s.headless;
		c->link[n].size = s.size;
		n++;
	}
	c->count = n;
	return 0;
}

/* Each one's end, from whoever names it.  Where the next one's head is
 * damaged, the whole file is to be read. */
static void
chain_ends(struct chain *c)
{
	size_t	i, j;

	for (i = 0; i + 1 < c->count; i++) {
		if (c->link[i].sealed_end != 0) {
			c->link[i].end = c->link[i].sealed_end;
			continue;
		}
		for (j = i + 1; j < c->count &&
		    c->link[j].before != c->link[i].id; j++) {
			if (c->link[j].headless)
				break;
		}
		if (j == c->count)
			c->link[i].given_up = true;
		else
			c->link[i].end = c->link[j].headless ?
			    c->link[i].size : c->link[j].before_end;
		if (c->link[i].given_up)
			c->link[i].end = SEGMENT_HEAD;
	}
}

int
chain_read(struct disk *disk, uint64_t from, struct chain *c, struct err *e)
{
	c->from = from;
	c->link = NULL;
	c->count = 0;
	if (disk_list(disk, SEGMENT_DIR, chain_name, c) == -1) {
		chain_fini(c);
		return err_errno(e, "list %s", SEGMENT_DIR);
	}
	if (chain_heads(disk, c, e) == -1) {
		chain_fini(c);
		return -1;
	}
	if (c->count > 0)
		qsort(c->link, c->count, sizeof *c->link, chain_order);
	chain_ends(c);
	return 0;
}

void
chain_fini(struct chain *c)
{
	free(c->link);
	c->link = NULL;
	c->count = 0;
}
