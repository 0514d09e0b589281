/*
 * What each worker knows, by number.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "ipc/channel.h"

#include "delivery.h"
#include "told.h"

#define TOLD_KIND	1

struct known {
	struct hmap_entry	hash;
	uint64_t		number;
};

uint64_t
told_number(void)
{
	static uint64_t	last;

	return ++last;
}

static struct str
told_key(const uint64_t *number)
{
	return (struct str){ (const char *)number, sizeof *number };
}

void
told_tell(struct agent *a, enum told kind, uint64_t number, struct str text)
{
	struct known	*k;

	if (hmap_find(&a->known, TOLD_KIND, told_key(&number)) != NULL)
		return;
	k = xcalloc(1, sizeof *k);
	k->number = number;
	k->hash.key = (const char *)&k->number;
	k->hash.len = sizeof k->number;
	k->hash.kind = TOLD_KIND;
	hmap_insert(&a->known, &k->hash);
	switch (kind) {
	case TOLD_TRANSPORT:
		CHANNEL_SEND(a->channel, DELIVER_TRANSPORT, -1,
		    { .number = number, .text = text });
		break;
	case TOLD_ROUTE:
		CHANNEL_SEND(a->channel, DELIVER_ROUTE, -1,
		    { .number = number, .hops = text });
		break;
	case TOLD_TRY:
		CHANNEL_SEND(a->channel, DELIVER_TRY, -1,
		    { .number = number, .text = text });
		break;
	case TOLD_ROW:
		CHANNEL_SEND(a->channel, DELIVER_ROW, -1,
		    { .number = number, .text = text });
		break;
	}
}

static void
told_drop_one(void *arg, struct agent *a)
{
	const uint64_t		*number = arg;
	struct hmap_entry	*e;

	e = hmap_find(&a->known, TOLD_KIND, told_key(number));
	if (e == NULL)
		return;
	if (a->channel != NULL)
		CHANNEL_SEND(a->channel, DELIVER_DROP, -1,
		    { .number = *number });
	hmap_remove(&a->known, e);
	free(e);
}

void
told_drop(uint64_t number)
{
	agents_each(told_drop_one, &number);
}

static void
told_forget_one(void *arg, struct hmap_entry *e)
{
	hmap_remove(arg, e);
	free(e);
}

void
told_forget(struct agent *a)
{
	hmap_walk(&a->known, a->known.size, told_forget_one, &a->known);
}
