/*
 * symtab - names to things, by open addressing
 *
 * Ownership  slots and values are in the caller's arena; names are borrowed.
 */
#ifndef HSL_SYNTAX_SYMTAB_H
#define HSL_SYNTAX_SYMTAB_H

#include "base/arena.h"
#include "base/str.h"

struct symtab {
	struct symbol		*slots;
	uint32_t		 cap;
	uint32_t		 count;
};

struct symbol {
	struct str		 name;
	void			*value;
};

/* NULL: there is none. */
void	*symtab_get(const struct symtab *t, struct str name);
/* Sets it, or sets it anew. */
void	 symtab_put(struct symtab *t, struct arena *a, struct str name,
	    void *value);

#endif
