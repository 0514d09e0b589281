/*
 * A message as its recipient gets it, by both ways to read it: pieces that
 * are taken, and pieces that are shown until they were passed over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "compat/crc32c.h"
#include "spool/content.h"
#include "spool/disk_real.h"
#include "spool/record.h"

#define SEGMENT	7
#define LONG	(300 * 1024)

static struct disk_file	*file;
static uint64_t		 guess;

/* A record at that offset. */
static uint64_t
put(uint64_t at, enum record_type type, struct str payload)
{
	struct spool_place	place = { SEGMENT, at };
	struct record		r = { .type = type,
				    .len = (uint32_t)payload.len,
				    .crc = crc32c(0, payload.p, payload.len) };
	unsigned char		head[RECORD_HEAD];
	int			fd = disk_real_fd(file);

	record_put(head, &r, &place);
	assert_int_equal(pwrite(fd, head, sizeof head, (off_t)at),
	    sizeof head);
	assert_int_equal(pwrite(fd, payload.p, payload.len,
	    (off_t)at + RECORD_HEAD), payload.len);
	return at + record_size(r.len);
}

static void
take(struct content *c, struct buf *out)
{
	struct str	piece;
	struct err	e;
	int		rc;

	buf_clear(out);
	while ((rc = content_next(c, &piece, &e)) == 0)
		buf_add_str(out, piece);
	assert_int_equal(rc, 1);
}

/* Steps of `step` bytes, and what is shown does not change between. */
static void
show(struct content *c, struct buf *out, size_t step)
{
	struct iovec	iov[3], again[3];
	struct err	e;
	size_t		n;
	int		k;

	buf_clear(out);
	content_rewind(c);
	while ((k = content_peek(c, iov, 3, &e)) > 0) {
		assert_int_equal(content_peek(c, again, 3, &e), k);
		assert_memory_equal(iov, again, (size_t)k * sizeof iov[0]);
		n = iov[0].iov_len < step ? iov[0].iov_len : step;
		buf_add(out, iov[0].iov_base, n);
		content_advance(c, n);
	}
	assert_int_equal(k, 0);
}

static void
same(const struct buf *a, const char *want)
{
	assert_int_equal(a->len, strlen(want));
	assert_memory_equal(buf_str(a).p, want, a->len);
}

static void
both(struct content *c, const char *want)
{
	static const size_t	steps[] = { 1, 7, 1 << 20 };
	struct buf		out = BUF_INIT;
	struct err		e;
	size_t			i;
	bool			yes;

	take(c, &out);
	same(&out, want);
	for (i = strlen(want) > 10000; i < 3; i++) {
		show(c, &out, steps[i]);
		same(&out, want);
	}
	assert_int_equal(content_size(c), strlen(want));
	assert_int_equal(content_ends_crlf(c, &yes, &e), 0);
	i = strlen(want);
	assert_int_equal(yes, i == 0 || (i > 1 &&
	    strcmp(want + i - 2, "\r\n") == 0));
	buf_free(&out);
}

static int
setup(void **state)
{
	char	path[] = "/tmp/test_content.XXXXXX";
	int	fd = mkstemp(path);

	(void)state;
	(void)unlink(path);
	file = disk_real_take(fd);
	return fd == -1 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	disk_close(&file);
	return 0;
}

static void
open_at(struct content *c, uint64_t body, uint64_t edits)
{
	struct content_place	place = { .segment = SEGMENT, .body = body,
				    .edits = edits, .size = guess };
	struct err		e;

	if (content_open_files(c, file, NULL, &place, &e) == -1)
		fail_msg("%s", e.text);
}

static void
test_short(void **state)
{
	static const char	*const bodies[] = { "a\r\n", "a", "\r\n", "",
				    "a\r\nb\r\n" };
	struct content		 c;
	size_t			 i;

	(void)state;
	/* Whatever its size was guessed to be. */
	for (i = 0; i < 3 * sizeof bodies / sizeof bodies[0]; i++) {
		guess = i / 5 * 3;
		(void)put(4096, RECORD_BODY, str_of(bodies[i % 5]));
		open_at(&c, 4096, 0);
		both(&c, bodies[i % 5]);
		content_close(&c);
	}
}

static void
test_edits(void **state)
{
	static const struct spool_edit	list[] = {
					    { 0, 0, STR_NONE },
					    { 3, 2, STR_NONE },
					    { 10, 0, STR_NONE } };
	struct spool_edit		e[3];
	struct buf			edits = BUF_INIT;
	struct content			c;
	uint64_t			at;

	(void)state;
	memcpy(e, list, sizeof e);
	e[0].data = STR("Received: x\r\n");
	e[2].data = STR("\n");
	edits_add(&edits, &e[0]);
	edits_add(&edits, &e[1]);
	edits_add(&edits, &e[2]);
	at = put(4096, RECORD_BODY, STR("012345678\r"));
	(void)put(at, RECORD_EDITS, buf_str(&edits));
	open_at(&c, 4096, at);
	both(&c, "Received: x\r\n0125678\r\n");
	assert_true(content_edits_ascii(&c));
	content_close(&c);
	e[0].data = STR("X: \xc3\xa4\r\n");
	buf_clear(&edits);
	edits_add(&edits, &e[0]);
	(void)put(at, RECORD_EDITS, buf_str(&edits));
	open_at(&c, 4096, at);
	both(&c, "X: \xc3\xa4\r\n012345678\r");
	assert_false(content_edits_ascii(&c));
	content_close(&c);
	buf_free(&edits);
}

/* Longer than what is kept in memory. */
static void
test_long(void **state)
{
	struct spool_edit	 e = { 5, 1, STR("!") };
	struct buf		 edits = BUF_INIT;
	struct content		 c;
	char			*text = xcalloc(1, LONG + 1);
	uint64_t		 at;
	size_t			 i;

	(void)state;
	for (i = 0; i < LONG; i++)
		text[i] = (char)('a' + i % 23);
	(void)memcpy(text + LONG - 2, "\r\n", 2);
	at = put(4096, RECORD_BODY, str_of(text));
	edits_add(&edits, &e);
	(void)put(at, RECORD_EDITS, buf_str(&edits));
	open_at(&c, 4096, 0);
	both(&c, text);
	content_close(&c);
	open_at(&c, 4096, at);
	text[5] = '!';
	both(&c, text);
	content_close(&c);
	buf_free(&edits);
	free(text);
}

/* Damage, and a file that is not there, are said. */
static void
test_bad(void **state)
{
	struct content_place	place = { .segment = SEGMENT, .body = 4096 };
	struct content		c;
	struct err		e;

	(void)state;
	(void)put(4096, RECORD_BODY, STR("0123456789"));
	assert_int_equal(pwrite(disk_real_fd(file), "x", 1,
	    4096 + RECORD_HEAD), 1);
	assert_int_equal(content_open_files(&c, file, NULL, &place, &e), -1);
	assert_string_equal(e.text, "the body is damaged on the disk");
	(void)put(4096, RECORD_FILE, STR("\0\0\0\0\0\0\0\5xxxx"));
	assert_int_equal(content_open_files(&c, file, NULL, &place, &e), -1);
	assert_string_equal(e.text, "the file of the body is missing");
	place.segment++;
	assert_int_equal(content_open_files(&c, file, NULL, &place, &e), -1);
}

#define TEST(fn)	cmocka_unit_test_setup_teardown(fn, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		TEST(test_short), TEST(test_edits), TEST(test_long),
		TEST(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
