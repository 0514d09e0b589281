/*
 * check - text in, text out: what the tests of mime share
 */
#ifndef TESTS_MIME_CHECK_H
#define TESTS_MIME_CHECK_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"

#define COUNT(a)	(sizeof(a) / sizeof((a)[0]))

static inline void
assert_str(struct str got, const char *want)
{
	if (!str_eq(got, str_of(want)))
		fail_msg("\"%.*s\", not \"%s\"", (int)got.len,
		    got.len != 0 ? got.p : "", want);
}

/* Of each row the first becomes the second. */
static inline void
check_reads(void (*read)(struct str text, struct buf *out),
    const char *const rows[][2], size_t n)
{
	struct buf	b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		read(str_of(rows[i][0]), &b);
		assert_str(buf_str(&b), rows[i][1]);
	}
	buf_free(&b);
}

/* Of a field's name and value the third is made. */
static inline void
check_makes(int (*make)(struct str name, struct str value, struct buf *out,
    struct err *e), const char *const rows[][3], size_t n)
{
	struct buf	b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		buf_clear(&b);
		assert_int_equal(make(str_of(rows[i][0]), str_of(rows[i][1]),
		    &b, NULL), 0);
		assert_str(buf_str(&b), rows[i][2]);
	}
	buf_free(&b);
}

#endif
