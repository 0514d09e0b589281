/*
 * store - results that are kept for a while, outside of any execution
 *
 * A store has spaces by name, a space has entries by key.  Where there are too
 * many of either, those go first that were not used for longest.  The bytes of
 * all spaces together are bounded, too.
 *
 * Ownership  spaces and entries are the store's; an entry is good until the
 *            next call that is given its store.
 * Failure    what is too large is not kept.
 */
#ifndef HSL_VALUES_STORE_H
#define HSL_VALUES_STORE_H

#include "base/str.h"
#include "hsl/frozen.h"

#define STORE_KEY_MAX	65536
#define STORE_SIZE_MAX	10000		/* entries of a space */
#define STORE_SPACES	500

struct hsl_cache;
struct store_space;

struct store_entry {
	struct hsl_frozen	*value;
	int64_t			 expires_ms;
};

/* The space of this name, made if there is none.  It keeps at most `size`
 * entries, or fewer if an earlier call asked for fewer. */
struct store_space *store_space(struct hsl_cache *c, struct str name,
		    size_t size);
/* NULL if there is none.  Whether it has expired is for the caller to look. */
struct store_entry *store_find(struct store_space *s, struct str key);
void		 store_use(struct store_space *s, struct store_entry *e);
/* Takes v. */
void		 store_put(struct hsl_cache *c, struct store_space *s,
		    struct str key, struct store_entry v);
/* Bytes held, for tests. */
size_t		 store_bytes(const struct hsl_cache *c);

#endif
