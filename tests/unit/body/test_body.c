/*
 * body: in memory, in a file, and the step between; several readers; the
 * budget that all bodies share.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <fcntl.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "body/body.h"

static struct body_store	store = { .message_limit = 65536,
    .total_limit = 1000000, .directory = AT_FDCWD };

/* Reads it all, in steps that do not fit its pieces. */
static void
read_all(const struct body *b, size_t step, struct buf *out)
{
	struct body_cursor	c;
	struct iovec		iov[3];
	size_t			n;

	buf_clear(out);
	body_cursor_init(&c, b);
	while (body_peek(&c, iov, 3) > 0) {
		n = iov[0].iov_len < step ? iov[0].iov_len : step;
		buf_add(out, iov[0].iov_base, n);
		body_advance(&c, n);
	}
	assert_int_equal(body_peek(&c, iov, 3), 0);
	body_cursor_fini(&c);
}

static void
fill(struct body *b, struct buf *want, size_t size, size_t step)
{
	char	piece[70000];
	size_t	n, i;

	while (size > 0) {
		n = step < size ? step : size;
		for (i = 0; i < n; i++)
			piece[i] = (char)(want->len + i * 31);
		assert_int_equal(body_add(b, (struct str){ piece, n }, NULL),
		    0);
		buf_add(want, piece, n);
		size -= n;
	}
}

static void
test_sizes_around_the_limits(void **state)
{
	static const size_t	sizes[] = { 0, 1, 16319, 16320, 16321, 65535,
	    65536, 65537, 131072, 300000 };
	static const size_t	steps[] = { 1000, 16320, 65536 };
	struct buf		want = BUF_INIT, got = BUF_INIT;
	struct body		*b;
	size_t			i, k;

	(void)state;
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
		for (k = 0; k < 3; k++) {
			b = body_new(&store);
			buf_clear(&want);
			fill(b, &want, sizes[i], steps[k]);
			assert_int_equal(body_size(b), sizes[i]);
			read_all(b, 777, &got);
			assert_int_equal(got.len, sizes[i]);
			if (sizes[i] != 0)
				assert_memory_equal(buf_data(&got),
				    buf_data(&want), sizes[i]);
			read_all(b, 100000, &got);
			assert_int_equal(got.len, sizes[i]);
			body_free(&b);
			assert_int_equal(store.used, 0);
		}
	buf_free(&want);
	buf_free(&got);
}

/* Beyond the total, new bodies go to files however small they are. */
static void
test_budget_is_shared(void **state)
{
	struct body_store	small = { .message_limit = 65536,
	    .total_limit = 100000, .directory = AT_FDCWD };
	struct buf		want = BUF_INIT, got = BUF_INIT;
	struct body		*b[20];
	size_t			i;

	(void)state;
	for (i = 0; i < 20; i++) {
		b[i] = body_new(&small);
		buf_clear(&want);
		fill(b[i], &want, 40000, 40000);
		assert_true(small.used <= 100000 + 20 * 17000);
		read_all(b[i], 5000, &got);
		assert_int_equal(got.len, 40000);
		assert_memory_equal(buf_data(&got), buf_data(&want), 40000);
	}
	for (i = 0; i < 20; i++)
		body_free(&b[i]);
	assert_int_equal(small.used, 0);
	buf_free(&want);
	buf_free(&got);
}

static void
test_no_directory(void **state)
{
	struct body_store	bad = { .message_limit = 10,
	    .total_limit = 1000000, .directory = -1 };
	struct body		*b = body_new(&bad);
	struct err		 e;

	(void)state;
	assert_int_equal(body_add(b, STR("short"), &e), 0);
	assert_int_equal(body_add(b, STR("longer than ten"), &e), -1);
	assert_non_null(strstr(e.text, "a file for a message"));
	body_free(&b);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_sizes_around_the_limits),
		cmocka_unit_test(test_budget_is_shared),
		cmocka_unit_test(test_no_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
