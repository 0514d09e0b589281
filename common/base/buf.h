/*
 * buf - a growing run of bytes, consumed from the front
 *
 * Ownership  the caller's storage, BUF_INIT to start, buf_free() to end.
 *            Pointers into it hold until the next call that adds.
 * Failure    none (see mem.h): whoever appends peer bytes checks a limit.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

#include "str.h"

struct buf {
	char	*mem;		/* start of the allocation */
	size_t	 off;		/* first byte in use */
	size_t	 len;		/* bytes in use */
	size_t	 cap;		/* size of the allocation */
};

#define BUF_INIT	{ NULL, 0, 0, 0 }

void		 buf_free(struct buf *b);	/* gives the memory back */
void		 buf_clear(struct buf *b);	/* keeps the memory */
char		*buf_data(struct buf *b);
struct str	 buf_str(const struct buf *b);
/* Room for n more bytes; write there, then buf_added(). */
char		*buf_reserve(struct buf *b, size_t n);
void		 buf_added(struct buf *b, size_t n);
void		 buf_add(struct buf *b, const void *p, size_t n);
void		 buf_add_str(struct buf *b, struct str s);
void		 buf_add_text(struct buf *b, const char *text);
void		 buf_add_byte(struct buf *b, char c);
void		 buf_add_uint(struct buf *b, unsigned long long n);
/* Letters of ASCII in lower case. */
void		 buf_add_lower(struct buf *b, struct str s);
/* Two digits a byte, in lower case. */
void		 buf_add_hex(struct buf *b, const void *p, size_t n);
void		 buf_printf(struct buf *b, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));
void		 buf_vprintf(struct buf *b, const char *fmt, va_list ap);
void		 buf_consume(struct buf *b, size_t n);
void		 buf_truncate(struct buf *b, size_t len);
/* A NUL after the bytes in use, not counted. */
const char	*buf_cstr(struct buf *b);
/* s as a JSON string in quotes; bytes that are not UTF-8 become U+FFFD. */
void		 buf_add_json(struct buf *b, struct str s);

#endif
