/*
 * str - text as pointer and length
 *
 * A str borrows: it never owns what it points at, need not end in NUL, and
 * may hold any byte.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str {
	const char	*p;
	size_t		 len;
};

#define STR(literal)	((struct str){ literal, sizeof(literal) - 1 })
#define STR_NONE	((struct str){ NULL, 0 })

struct str	 str_of(const char *text);		/* NULL gives none */
bool		 str_eq(struct str a, struct str b);
bool		 str_caseeq(struct str a, struct str b);	/* ASCII */
bool		 str_prefix(struct str s, struct str prefix);
bool		 str_caseprefix(struct str s, struct str prefix);
struct str	 str_trim(struct str s);		/* space and TAB */
/* Splits at the first c: the head is returned, *rest is what follows. */
struct str	 str_split(struct str s, char c, struct str *rest);
/* Decimal digits only, all of s, at most max: 0, or -1. */
int		 str_uint(struct str s, uint64_t max, uint64_t *value);

int		 ascii_lower(int c);
bool		 ascii_isalnum(int c);
bool		 ascii_isdigit(int c);
/* RFC 3629: no overlong form, no surrogate, at most U+10FFFF. */
bool		 utf8_valid(struct str s);
/* Bytes of the character that s starts with; 0 if there is none. */
size_t		 utf8_first(struct str s);
bool		 str_is_ascii(struct str s);

#endif
