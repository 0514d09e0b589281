/*
 * vault - values, counters and rates that all workers share
 *
 * A key in a space has a value, bytes that it does not look into, but
 * for numbers, and a version that changes whenever the value does and is
 * never used again.  All memory is accounted.  What does not fit takes the
 * place of values with a time to live: of those that are over, then of those
 * that were not used for longest; else it is refused.
 *
 * Ownership  vault_new() gives, vault_free() takes and clears.  What
 *            vault_fetch() shows holds until the next call.
 * Failure    enum vault_rc; all is as it was unless VAULT_OK.
 * Process    pure: no I/O, time is passed in, no global state.
 */
#ifndef SHARE_VAULT_H
#define SHARE_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct vault;

enum vault_rc {
	VAULT_OK,
	VAULT_NO,		/* not that version, not a number, too many */
	VAULT_FULL		/* no memory is left for it */
};

/* memory_*, variables of barriers, rate(): keys of one are not seen in
 * another. */
enum vault_space { VAULT_MEMORY, VAULT_BARRIER, VAULT_RATE };

struct vault_value {
	uint64_t	version;	/* 0: there is none */
	struct str	bytes;
};

/* Versions start after `version`: one that a vault before this one did not
 * reach, lest a value be taken for what it was there.  They stay exact as
 * doubles for as long as that is below 2^52. */
struct vault	*vault_new(size_t limit_bytes, uint64_t version);
void		 vault_free(struct vault **s);
/* What is kept already stays, even if it takes more than the new limit. */
void		 vault_set_limit(struct vault *s, size_t limit_bytes);
size_t		 vault_bytes(const struct vault *s);
size_t		 vault_count(const struct vault *s);

/* Tells the vault the time, which begins with 0. */
void		 vault_tick(struct vault *s, int64_t now_ms);
void		 vault_fetch(struct vault *s, enum vault_space space,
		    struct str key, struct vault_value *v);
#define VAULT_FOREVER	0
#define VAULT_TTL_KEEP	(-1)	/* as it was; what is new stays for ever */

/* version: NULL for whatever is there, or what must be there, 0 for none. */
enum vault_rc	 vault_put(struct vault *s, enum vault_space space,
		    struct str key, struct str bytes,
		    const uint64_t *version, int64_t ttl_ms);
/* VAULT_NO also if there was none. */
enum vault_rc	 vault_delete(struct vault *s, enum vault_space space,
		    struct str key, const uint64_t *version);

/* Adds to a number, which begins with 0; drops the key if that gives zero
 * and drop_zero is set. */
enum vault_rc	 vault_add(struct vault *s, struct str key, double n,
		    bool drop_zero, double *sum);
/* The bytes that stand for a number: "d", then a double as the machine has
 * it.  hsl/freeze.c writes the same. */
#define VAULT_NUMBER_BYTES	9
void		 vault_number(double n, char bytes[VAULT_NUMBER_BYTES]);

struct vault_rate {
	uint64_t	count;		/* 0: only tell */
	int64_t		interval_ms;
	int64_t		now_ms;
	uint64_t	n;		/* out: in this interval, this too */
};

/* VAULT_OK: this one is within count, and was counted. */
enum vault_rc	 vault_rate(struct vault *s, struct str key,
		    struct vault_rate *r);
/* What is there, for those who look on. */
struct vault_seen {
	struct str	key;
	size_t		bytes;		/* of the value */
	int64_t		left_ms;	/* 0: for ever */
	uint64_t	hits;		/* of a rate, in its interval */
	int64_t		interval_ms;
};

/* How many there are in that space whose keys begin so; fn() is shown each,
 * without order.  All of the vault is looked at. */
size_t		 vault_list(struct vault *s, enum vault_space space,
		    struct str prefix,
		    void (*fn)(void *arg, const struct vault_seen *v),
		    void *arg);
/* Forgets these: how many. */
size_t		 vault_clear(struct vault *s, enum vault_space space,
		    struct str prefix);
/* Looks at some of what is there and forgets rates that count no more, and
 * as many values that are over. */
void		 vault_sweep(struct vault *s, int64_t now_ms, size_t buckets);

#endif
