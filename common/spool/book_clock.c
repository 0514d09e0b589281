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

int64_t
book_now(const struct book *b)
{
	return b->clock.now_ms;
}
