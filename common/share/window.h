/*
 * window - when something happened, for as long as it counts
 *
 * A sliding window: what happened is forgotten when it is older than the
 * interval, to a thousandth of it, later rather than earlier.  Its size does
 * not grow with the number of what happens.
 *
 * Ownership  window_init() to start, window_fini() to end.
 * Process    pure: time is passed in.
 */
#ifndef SHARE_WINDOW_H
#define SHARE_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct window_hit {
	int64_t		at_ms;		/* of the last one */
	uint64_t	n;
};

struct window {
	struct window_hit	*ring;
	uint32_t		 cap;		/* a power of two, or 0 */
	uint32_t		 first;
	uint32_t		 count;
	int64_t			 interval_ms;	/* the longest asked for */
};

#define WINDOW_RING_MAX	4096

void		 window_init(struct window *w);
void		 window_fini(struct window *w);
/* How many events there were in the interval that ends now. */
uint64_t	 window_count(struct window *w, int64_t now_ms,
		    int64_t interval_ms);
void		 window_add(struct window *w, int64_t now_ms);
/* Bytes that the next window_add() may take beyond what it has. */
size_t		 window_growth(const struct window *w);
size_t		 window_bytes(const struct window *w);

#endif
