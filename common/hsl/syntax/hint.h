/*
 * hint - what the author of a script may have meant
 *
 * For the texts of errors only.  hint_word() knows words of other languages;
 * the others look for the name that is nearest to a wrong one.
 */
#ifndef HSL_SYNTAX_HINT_H
#define HSL_SYNTAX_HINT_H

#include "base/str.h"

struct hint {
	struct str	 name;		/* that nothing has */
	struct str	 near;		/* the nearest so far, or none */
	unsigned	 distance;
};

/* What to write instead, or NULL. */
const char	*hint_word(struct str word);

void		 hint_init(struct hint *h, struct str name);
void		 hint_try(struct hint *h, struct str candidate);

#endif
