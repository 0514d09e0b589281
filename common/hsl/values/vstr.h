/*
 * vstr - the strings of the VM: counted bytes with a cached hash
 *
 * Failure    over the heap's limit the result is NULL, which vstr_value()
 *            turns into none.
 */
#ifndef HSL_VALUES_VSTR_H
#define HSL_VALUES_VSTR_H

#include <string.h>

#include "hsl/values/object.h"

#define VNUM_TEXT	32		/* the longest number, with NUL */

struct hsl_string *vstr_alloc(struct hsl_exec *x, size_t len)
		    __attribute__((warn_unused_result));
struct hsl_string *vstr_new(struct hsl_exec *x, struct str s)
		    __attribute__((warn_unused_result));
/* Frees a string that is a box for an array key of another type (VSTR_BOX). */
void		 vstr_free_box(struct hsl_exec *x, struct hsl_string *s);
struct hsl_value vstr_value(struct hsl_string *s);
/* The immortal string of one byte, and of none. */
struct hsl_value vstr_byte(unsigned char c);
struct hsl_value vstr_empty(void);
/* Takes what a buf holds and clears the buf. */
struct hsl_value vstr_take(struct hsl_exec *x, struct buf *b);
uint32_t	 vstr_hash_bytes(const char *p, size_t len);
/* Appends to *slot, a string, in place if nothing else holds it. */
bool		 vstr_append(struct hsl_exec *x, struct hsl_value *slot,
		    struct str s) __attribute__((warn_unused_result));

static inline struct str
vstr_str(const struct hsl_string *s)
{
	return (struct str){ s->data, s->len };
}

static inline uint32_t
vstr_hash(struct hsl_string *s)
{
	if (s->hash == 0)
		s->hash = vstr_hash_bytes(s->data, s->len);
	return s->hash;
}

static inline bool
vstr_same(const struct hsl_string *a, const struct hsl_string *b)
{
	return a == b || (a->len == b->len &&
	    memcmp(a->data, b->data, a->len) == 0);
}

/* Numbers as text and back; see convert.c. */
size_t		 vnum_format(double n, char out[VNUM_TEXT]);
bool		 vnum_parse(struct str s, double *n);
int32_t		 vnum_int32(double n);
/* A number as an integer within +-2^53; NaN is 0. */
int64_t		 vnum_int64(double n);
/* The same for a key or position.  NaN is neither, and gives INT64_MAX, which
 * no array has. */
int64_t		 vnum_key(double n);

/* v as text: borrows from v or from *tmp (numbers), or *big (arrays). */
struct str	 vtext(struct hsl_exec *x, struct hsl_value v,
		    char tmp[VNUM_TEXT], struct buf *big);
struct hsl_value vtext_value(struct hsl_exec *x, struct hsl_value v);
bool		 vtrue(struct hsl_value v);
/* Prints at most `limit` bytes; false if there was more. */
bool		 vprint(struct hsl_value v, struct buf *out, size_t limit);

#endif
