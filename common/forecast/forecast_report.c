/*
 * Percentiles: each recipient's delay behind the number of what it is of, in
 * one word, sorted.
 */
#include <stdlib.h>

#include "base/mem.h"

#include "forecast_private.h"

#define DELAY_BITS	40		/* 34 years */
#define DELAY_MASK	((UINT64_C(1) << DELAY_BITS) - 1)

struct tally {
	struct forecast	*f;
	int		 key;		/* KEY_...; -1: all are one */
	uint64_t	*word[2];	/* logged, simulated */
	size_t		 count;
};

static int
tally_less(const void *a, const void *b)
{
	uint64_t	x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static uint64_t
tally_word(uint32_t of, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	if (ms > (int64_t)DELAY_MASK)
		ms = (int64_t)DELAY_MASK;
	return (uint64_t)of << DELAY_BITS | (uint64_t)ms;
}

/* Those that have come to their end, in both. */
static void
tally_make(struct tally *t)
{
	const struct forecast	*f = t->f;
	const struct fentry	*e;
	const struct fattempt	*a;
	uint32_t		 i, of = 0;

	for (i = 1; i < f->entries.top; i++) {
		e = fentry_at(f, i);
		a = fattempt_at(f, e->last);
		if (e->over_ms == 0 || (a->flags & ATTEMPT_LAST) == 0)
			continue;
		if (t->key != -1)
			of = f->queue[e->queue]->key[t->key];
		t->word[0][t->count] = tally_word(of, a->end_ms - e->came_ms);
		t->word[1][t->count++] = tally_word(of, e->over_ms -
		    e->came_ms);
	}
	qsort(t->word[0], t->count, sizeof(uint64_t), tally_less);
	qsort(t->word[1], t->count, sizeof(uint64_t), tally_less);
}

/* The nearest rank. */
static int64_t
tally_rank(const uint64_t *word, size_t count, unsigned percent)
{
	size_t	rank = (count * percent + 99) / 100;

	return (int64_t)(word[rank > 0 ? rank - 1 : 0] & DELAY_MASK);
}

static struct forecast_delay
tally_delay(const uint64_t *word, size_t count)
{
	return (struct forecast_delay){ tally_rank(word, count, 50),
	    tally_rank(word, count, 90), tally_rank(word, count, 99) };
}

static int
tally_busier(const void *a, const void *b)
{
	const struct forecast_group	*x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->logged.p50_ms < y->logged.p50_ms ? 1 : -1;
}

static struct forecast_group *
tally_groups(const struct tally *t, size_t *count)
{
	struct forecast_group	*g = NULL;
	size_t			 at, end, cap = 0;

	*count = 0;
	for (at = 0; at < t->count; at = end) {
		for (end = at; end < t->count && t->word[0][end] >>
		    DELAY_BITS == t->word[0][at] >> DELAY_BITS; end++)
			;
		if (*count == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			g = xreallocarray(g, cap, sizeof *g);
		}
		g[(*count)++] = (struct forecast_group){
		    .name = t->f->name[t->word[0][at] >> DELAY_BITS],
		    .count = end - at,
		    .logged = tally_delay(t->word[0] + at, end - at),
		    .simulated = tally_delay(t->word[1] + at, end - at) };
	}
	if (*count > 0)
		qsort(g, *count, sizeof *g, tally_busier);
	return g;
}

static struct forecast_group *
freport_groups(struct tally *t, int key, size_t *count)
{
	t->key = key;
	t->count = 0;
	tally_make(t);
	return tally_groups(t, count);
}

void
freport_make(struct forecast *f)
{
	struct forecast_report	*p = &f->report;
	struct forecast_group	*all;
	struct tally		 t = { .f = f };
	size_t			 n;

	t.word[0] = xcalloc((size_t)f->entries.count + 1, sizeof(uint64_t));
	t.word[1] = xcalloc((size_t)f->entries.count + 1, sizeof(uint64_t));
	p->tenants = freport_groups(&t, KEY_TENANT, &p->tenant_count);
	p->domains = freport_groups(&t, KEY_DOMAIN, &p->domain_count);
	all = freport_groups(&t, -1, &n);
	if (n > 0) {
		p->logged = all[0].logged;
		p->simulated = all[0].simulated;
	}
	free(all);
	p->over = t.count;
	p->recipients = f->entries.count - p->nowhere;
	p->attempts = f->attempt_count;
	if (f->stored > f->entries.count)
		p->untried = f->stored - f->entries.count;
	p->first_ms = f->first_ms;
	p->logged_ms = f->last_ms - f->first_ms;
	free(t.word[0]);
	free(t.word[1]);
}

const struct forecast_report *
forecast_report(struct forecast *f)
{
	return &f->report;
}
