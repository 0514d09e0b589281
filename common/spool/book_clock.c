/*
 * The queue clock in the journal: queue and wall time, eight bytes each, now
 * and then.  It need not be durable at once: what is lost of it is what has
 * passed since, and that is found by the wall clock.
 */
#include "book_private.h"
#include "bytes.h"

/* No clock has shown that much: two million years. */
#define BOOK_CLOCK_MOST	(1ULL << 56)

void
book_clock_note(struct book *b)
{
	unsigned char	p[16];

	bytes_put(p, (uint64_t)b->clock.now_ms, 8);
	bytes_put(p + 8, (uint64_t)b->clock.wall_ms, 8);
	(void)journal_add(b->journal, JOURNAL_CLOCK,
	    (struct str){ (char *)p, sizeof p });
}

/* In a replay: the clock starts from the last note. */
void
book_clock_noted(struct book *b, struct str payload)
{
	const unsigned char	*p = (const unsigned char *)payload.p;
	uint64_t		 noted, wall;

	if (payload.len != 16)
		return;
	noted = bytes_get(p, 8);
	wall = bytes_get(p + 8, 8);
	if (noted < (uint64_t)b->clock_noted_ms || noted > BOOK_CLOCK_MOST ||
	    wall > BOOK_CLOCK_MOST)
		return;
	b->clock_noted_ms = (int64_t)noted;
	b->clock_noted_wall_ms = (int64_t)wall;
}

static int
clock_look(void *arg, const struct journal_record *r)
{
	if (r->type == JOURNAL_CLOCK)
		book_clock_noted(arg, r->payload);
	return 0;
}

/* Where there is no checkpoint: the last note that the journal has. */
int
book_clock_find(struct book *b, struct err *e)
{
	const struct journal_calls	calls = { .record = clock_look,
					    .arg = b };
	size_t				before = 0;
	int				rc = 0;

	while (rc == 0 && b->clock_noted_ms == 0)
		rc = journal_look(b->disk, before++, &calls, e);
	return rc == -1 ? -1 : 0;
}

void
book_clock_start(struct book *b)
{
	queue_clock_start(&b->clock, b->clock_noted_ms,
	    b->clock_noted_wall_ms, b->options.time.mono_ms,
	    b->options.time.wall_ms);
}

/*
 * When it was accepted: some time before it is read, by the wall clock.  That
 * one may be wrong, by years: it is believed as much as at a start.
 */
int64_t
book_clock_accepted(const struct book *b, uint64_t ts_us)
{
	int64_t	ago = b->clock.wall_ms - (int64_t)(ts_us / 1000);

	if (ts_us == 0 || ago < 0)
		ago = 0;
	if (ago > QUEUE_CLOCK_STEP_MS)
		ago = QUEUE_CLOCK_STEP_MS;
	return ago < b->clock.now_ms ? b->clock.now_ms - ago : 0;
}

int64_t
book_now(const struct book *b)
{
	return b->clock.now_ms;
}
