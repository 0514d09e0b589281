/*
 * pattern_regex - /PCRE/ in patterns, asked of short values
 *
 * HSL's patterns live in the heap of a script's execution and are charged to
 * it; these belong to a configuration, are few, and see at most 255 bytes.
 * What one may need is bounded: its text, what it is compiled to, and the
 * steps of one match.  One that needs more steps does not match.
 *
 * Ownership  pattern_regex_new() gives, pattern_regex_free() takes and clears.
 * Failure    NULL with *e.
 * Process    pure.
 */
#ifndef SCHEDULE_PATTERN_REGEX_H
#define SCHEDULE_PATTERN_REGEX_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"

enum { PATTERN_REGEX_TEXT = 512, PATTERN_REGEX_VALUE = 255 };

struct pattern_regex;

/* "/body/" or "/body/i"; any_case: as if with i. */
struct pattern_regex	*pattern_regex_new(struct str text, bool any_case,
			    struct err *e);
void			 pattern_regex_free(struct pattern_regex **re);
bool			 pattern_regex_match(const struct pattern_regex *re,
			    struct str value);

#endif
