/*
 * value - how the types of params.def are written
 *
 *     TIME  digits and a unit: ms s m h d w; without one, seconds
 *     SIZE  digits and a unit: k M G T, by 1024; without one, bytes
 *     INT   digits
 *     BOOL  yes, no
 *     ENUM  one of the words of "text|json"
 *
 * Failure    0, or -1 with *e that says what was expected.
 */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

int	value_time(struct str s, int64_t *ms, struct err *e);
int	value_size(struct str s, uint64_t *bytes, struct err *e);
int	value_int(struct str s, int64_t *n, struct err *e);
int	value_bool(struct str s, bool *b, struct err *e);
int	value_enum(struct str s, const char *words, int *place,
	    struct err *e);

/* The shortest form that reads back as the same value. */
void	value_put_time(struct buf *out, int64_t ms);
void	value_put_size(struct buf *out, uint64_t bytes);
/* The word at `place`; none past the end. */
struct str	value_word(const char *words, int place);

/* How many single edits (insert, delete, change, swap) make b of a. */
unsigned int	value_distance(struct str a, struct str b);

#endif
