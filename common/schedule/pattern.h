/*
 * pattern - what a value of a field is compared with, many at a time
 *
 * An index holds patterns, each with a number that its owner gave it; several
 * may have the same one.  It tells all numbers that a value has, by a look-up
 * for each of its endings, not by trying one pattern after the other; only
 * /PCRE/ is tried.
 *
 *	text		itself; domains in any case
 *	*.domain	of domains: any name below the domain, however deep
 *	/PCRE/		unanchored; of domains in any case
 *	192.0.2.0/24	of addresses: a network, or an address
 *
 * Ownership  the caller's storage, pattern_index_init() to _fini().
 * Failure    -1 with *e: what is wrong with a pattern.
 * Process    pure.
 */
#ifndef SCHEDULE_PATTERN_H
#define SCHEDULE_PATTERN_H

#include "base/arena.h"
#include "base/err.h"
#include "base/hmap.h"
#include "base/str.h"

enum pattern_type { PATTERN_TEXT, PATTERN_DOMAIN, PATTERN_ADDRESS };

enum { PATTERN_VALUE = 255 };	/* bytes of a value that has patterns */
/* Of an index. */
enum { PATTERN_REGEXES = 1000, PATTERN_ITEMS = 4 * 1024 * 1024 };

struct pattern_index {
	enum pattern_type	 type;
	struct arena		 arena;
	struct hmap		 keys;		/* texts, domains, networks */
	struct pattern_try	*tries;		/* /PCRE/ */
	size_t			 try_count, try_cap;
	/* Lengths of networks in use: of IPv4, of IPv6. */
	uint64_t		 lengths[2][3];
	size_t			 count;		/* of patterns */
};

void	pattern_index_init(struct pattern_index *x, enum pattern_type type);
void	pattern_index_fini(struct pattern_index *x);
int	pattern_add(struct pattern_index *x, struct str pattern, uint32_t id,
	    struct err *e);
/* One that was added with that number; false: it was not. */
bool	pattern_remove(struct pattern_index *x, struct str pattern,
	    uint32_t id);
/* Each number that the value has, in any order, maybe more than once. */
void	pattern_find(const struct pattern_index *x, struct str value,
	    void (*hit)(void *arg, uint32_t id), void *arg);
bool	pattern_has(const struct pattern_index *x, struct str value);

/* Every pattern that is there, in no order, until fn() returns false. */
void	pattern_show(struct pattern_index *x,
	    bool (*fn)(void *arg, struct str pattern), void *arg);

/* A text or an address, and no other pattern. */
bool	pattern_is_exact(enum pattern_type type, struct str pattern);
/* A value as it is compared and shown: a domain in lower case without a last
 * dot, an address in its one form; in out, or value itself. */
struct str	pattern_value(enum pattern_type type, struct str value,
		    char out[PATTERN_VALUE + 1]);

#endif
