/*
 * One table for all kinds; a kind is known by the function that ends it.
 */
#include "numbered.h"

#define NUMBERED_KIND	1

static struct hmap	numbers;

void
numbered_init(void)
{
	hmap_init(&numbers);
}

static void
numbered_drop_one(struct numbered *n)
{
	hmap_remove(&numbers, &n->entry);
	n->dropped = true;
	if (n->users == 0)
		n->end(n);
}

static void
numbered_drop_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	numbered_drop_one((struct numbered *)e);
}

void
numbered_drop_all(void)
{
	hmap_walk(&numbers, numbers.size, numbered_drop_entry, NULL);
}

void
numbered_fini(void)
{
	numbered_drop_all();
	hmap_fini(&numbers);
}

static struct numbered *
numbered_find(uint64_t number)
{
	return (struct numbered *)hmap_find(&numbers, NUMBERED_KIND,
	    (struct str){ (const char *)&number, sizeof number });
}

bool
numbered_free(uint64_t number)
{
	return numbers.count < NUMBERED_MAX && numbered_find(number) == NULL;
}

int
numbered_add(struct numbered *n, uint64_t number,
    void (*end)(struct numbered *n))
{
	if (!numbered_free(number))
		return -1;
	n->number = number;
	n->end = end;
	n->entry.key = (const char *)&n->number;
	n->entry.len = sizeof n->number;
	n->entry.kind = NUMBERED_KIND;
	hmap_insert(&numbers, &n->entry);
	return 0;
}

int
numbered_drop(uint64_t number)
{
	struct numbered	*n = numbered_find(number);

	if (n == NULL)
		return -1;
	numbered_drop_one(n);
	return 0;
}

struct numbered *
numbered_take(uint64_t number, void (*end)(struct numbered *n))
{
	struct numbered	*n = numbered_find(number);

	if (n == NULL || n->end != end)
		return NULL;
	n->users++;
	return n;
}

void
numbered_give(struct numbered *n)
{
	if (n != NULL && --n->users == 0 && n->dropped)
		n->end(n);
}
