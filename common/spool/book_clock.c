/*
 * The queue clock in the journal: queue and wall time, eight bytes each, now
 * and then.  It need not be durable at once: what is lost of it is what has
 * passed since, and that is found by the wall clock.
 */
#include "book_private.h"
#include "bytes.h"

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
	int64_t			 noted;

	if (payload.len != 16)
		return;
	noted = (int64_t)bytes_get(p, 8);
	if (noted < b->clock_noted_ms)
		return;
	b->clock_noted_ms = noted;
	b->clock_noted_wall_ms = (int64_t)bytes_get(p + 8, 8);
}

int64_t
book_now(const struct book *b)
{
	return b->clock.now_ms;
}
