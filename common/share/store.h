/*
 * store - values, counters and rates that all workers share
 *
 * A key in a space has a value, bytes that the store does not look into, but
 * for numbers, and a version that changes whenever the value does and is
 * never used again.  All memory is accounted: what does not fit is refused.
 *
 * Ownership  store_new() gives, store_free() takes and clears.  What
 *            store_fetch() shows holds until the next call.
 * Failure    enum store_rc; the store is as it was unless STORE_OK.
 * Process    pure: no I/O, time is passed in, no global state.
 */
#ifndef SHARE_STORE_H
#define SHARE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct store;

enum store_rc {
	STORE_OK,
	STORE_NO,		/* not that version, not a number, too many */
	STORE_FULL		/* no memory is left for it */
};

/* memory_*, variables of barriers, rate(): keys of one are not seen in
 * another. */
enum store_space { STORE_MEMORY, STORE_BARRIER, STORE_RATE };

struct store_value {
	uint64_t	version;	/* 0: there is none */
	struct str	bytes;
};

/* Versions start after `version`: one that a store before this one did not
 * reach, lest a value be taken for what it was there.  They stay exact as
 * doubles for as long as that is below 2^52. */
struct store	*store_new(size_t limit_bytes, uint64_t version);
void		 store_free(struct store **s);
/* What is there stays, even if it is more. */
void		 store_set_limit(struct store *s, size_t limit_bytes);
size_t		 store_bytes(const struct store *s);
size_t		 store_count(const struct store *s);

void		 store_fetch(const struct store *s, enum store_space space,
		    struct str key, struct store_value *v);
/* version: NULL for whatever is there, or what must be there, 0 for none. */
enum store_rc	 store_put(struct store *s, enum store_space space,
		    struct str key, struct str bytes,
		    const uint64_t *version);
/* STORE_NO also if there was none. */
enum store_rc	 store_delete(struct store *s, enum store_space space,
		    struct str key, const uint64_t *version);

/* Adds to a number, which begins with 0; drops the key if that gives zero
 * and drop_zero is set. */
enum store_rc	 store_add(struct store *s, struct str key, double n,
		    bool drop_zero, double *sum);
/* The bytes that stand for a number: "d", then a double as the machine has
 * it.  hsl/freeze.c writes the same. */
#define STORE_NUMBER_BYTES	9
void		 store_number(double n, char bytes[STORE_NUMBER_BYTES]);

struct store_rate {
	uint64_t	count;		/* 0: only tell */
	int64_t		interval_ms;
	int64_t		now_ms;
	uint64_t	n;		/* out: in this interval, this too */
};

/* STORE_OK: this one is within count, and was counted. */
enum store_rc	 store_rate(struct store *s, struct str key,
		    struct store_rate *r);
/* Looks at some of what is there and forgets rates that count no more. */
void		 store_sweep(struct store *s, int64_t now_ms, size_t buckets);

#endif
