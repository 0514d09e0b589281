/*
 * The codecs of the spool: entries, edits, ids, heads; and the checksum.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "compat/crc32c.h"
#include "spool/edits.h"
#include "spool/entry.h"
#include "spool/fields.h"
#include "spool/segment.h"

/* RFC 3720 B.4 */
static void
test_checksum(void **state)
{
	unsigned char	bytes[256], rising[32];
	uint32_t	whole;
	size_t		i, n;

	(void)state;
	memset(bytes, 0, 32);
	assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
	for (i = 0; i < 32; i++)
		rising[i] = (unsigned char)i;
	assert_int_equal(crc32c(0, rising, 32), 0x46dd794e);
	for (i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 7 + 3);
	for (n = 0; n <= sizeof bytes; n++) {
		whole = crc32c(0, bytes, n);
		assert_int_equal(whole, crc32c_portable(0, bytes, n));
		assert_int_equal(whole, crc32c(crc32c(0, bytes, n / 3),
		    bytes + n / 3, n - n / 3));
	}
}

static void
test_id(void **state)
{
	static const char	*const bad[] = { "", ":1", "0",
		"01890a5d-ac96-774b-bcce-b302099a8057:",
		"01890a5d-ac96-774b-bcce-b302099a8057:0",
		"01890a5d-ac96-774b-bcce-b302099a8057:4294967296",
		"01890a5d-ac96-774b-bcce-b302099a805",
		"01890a5d-ac96-774b-bcce-b302099a8057x",
		"01890a5dxac96-774b-bcce-b302099a8057",
		"g1890a5d-ac96-774b-bcce-b302099a8057" };
	char			 text[SPOOL_ID_TEXT];
	unsigned char		 bytes[SPOOL_ID_SIZE];
	struct spool_id		 id, again, later;
	size_t			 i;

	(void)state;
	spool_id_make(&id);
	spool_id_make(&later);
	assert_true(spool_id_compare(&id, &later) < 0);
	id.queue = UINT32_MAX;
	spool_id_text(text, &id);
	assert_int_equal(spool_id_parse(&again, str_of(text)), 0);
	assert_true(spool_id_same(&id, &again));
	spool_id_put(bytes, &id);
	spool_id_get(&again, bytes);
	assert_int_equal(spool_id_compare(&id, &again), 0);
	id.queue = 0;
	spool_id_text(text, &id);
	assert_int_equal(strlen(text), 36);
	assert_int_equal(spool_id_parse(&again, str_of(text)), 0);
	assert_true(spool_id_same(&id, &again));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(spool_id_parse(&again, str_of(bad[i])), -1);
}

static void
test_entry(void **state)
{
	struct spool_entry	entry = { .queue = 3, .priority = 1,
				    .sender = STR(""),
				    .recipient = STR("b@example.com"),
				    .size = UINT64_MAX, .delay_ms = 300,
				    .helo = STR("h"), .message_id = STR("<x>")
				}, got;
	struct buf		b = BUF_INIT, list = BUF_INIT;
	struct str		item, bytes;
	struct err		e;
	size_t			n;

	(void)state;
	fields_list_add(&list, STR("key"));
	fields_list_add(&list, STR(""));
	entry.metadata = buf_str(&list);
	assert_int_equal(spool_entry_put(&b, &entry, &e), 0);
	assert_int_equal(spool_entry_get(&got, buf_str(&b), &e), 0);
	assert_int_equal(got.size, UINT64_MAX);
	assert_int_equal(got.delay_ms, 300);
	assert_int_equal(got.edits, 0);
	assert_true(str_eq(got.recipient, entry.recipient));
	assert_true(str_eq(got.message_id, entry.message_id));
	assert_int_equal(fields_list_next(&got.metadata, &item), 0);
	assert_true(str_eq(item, STR("key")));
	assert_int_equal(fields_list_next(&got.metadata, &item), 0);
	assert_int_equal(item.len, 0);
	assert_int_equal(fields_list_next(&got.metadata, &item), -1);
	/* No front of it is one, but where only the last field is cut off. */
	for (n = 0; n + 5 < b.len; n++) {
		bytes = (struct str){ buf_data(&b), n };
		if (spool_entry_get(&got, bytes, &e) == 0)
			assert_int_equal(got.message_id.len, 0);
	}
	buf_free(&b);
	buf_free(&list);
}

static void
test_entry_refused(void **state)
{
	static const struct {
		struct str	bytes;
		const char	*why;
	} cases[] = {
		{ STR(""), "queue: an entry without number" },
		{ STR("\x01\x01\x05"),
		    "recipient: an entry without recipient" },
		{ STR("\x01\x01\x05\x04\x03" "a@b"), NULL },
		{ STR("\x01\x01\x05\x04\x03" "a\0b"), "recipient: has a NUL" },
		{ STR("\x01\x02\x00\x05\x04\x03" "a@b"),
		    "queue: not a number" },
		{ STR("\x01\x05\x01\x00\x00\x00\x00\x04\x03" "a@b"),
		    "queue: 4294967296 is more than 4294967295" },
		{ STR("\x04\x03" "a@b\x01\x01\x05"), "field 1: not sound" },
		{ STR("\x01\x01\x05\x01\x01\x05"), "field 1: not sound" },
		{ STR("\x01\x01\x05\x04\x7f" "a@b"), "field 4: not sound" },
		{ STR("\x01\x01\x05\x04\xff\xff\xff\xff\xff\x01" "a@b"),
		    "field 4: not sound" },
		{ STR("\x01\x01\x05\x04\x03" "a@b\x0e\x02\x01k"),
		    "metadata: the list is not sound" },
		{ STR("\x01\x01\x05\x04\x03" "a@b\x0e\x02\x02k"),
		    "metadata: the list is not sound" },
		/* One more that may be passed over, and one that may not. */
		{ STR("\x01\x01\x05\x04\x03" "a@b\xfa\x02zz"), NULL },
		{ STR("\x01\x01\x05\x04\x03" "a@b\x7a\x02zz"),
		    "field 122 is not known to this version" },
	};
	struct spool_entry	entry;
	struct err		e;
	size_t			i;
	int			rc;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		rc = spool_entry_get(&entry, cases[i].bytes, &e);
		if ((rc == 0) != (cases[i].why == NULL))
			fail_msg("case %zu: %d %s", i, rc, e.text);
		if (rc == -1)
			assert_string_equal(e.text, cases[i].why);
	}
}

/* The message that edits make of a body. */
static void
edited(struct buf *out, struct str edits, struct str body)
{
	struct edits_piece	piece;
	struct edits_walk	w;

	edits_begin(&w, edits, body.len);
	while (edits_next(&w, &piece) == 0) {
		assert_true(piece.data.len > 0 || piece.count > 0);
		buf_add_str(out, piece.data);
		buf_add(out, body.p + piece.start, piece.count);
	}
	assert_int_equal(out->len, edits_size(edits, body.len));
}

static void
test_edits(void **state)
{
	static const struct {
		struct spool_edit edit[3];
		int		  count;
		const char	 *want;
	} cases[] = {
		{ { { 0, 0, { NULL, 0 } } }, 0, "0123456789" },
		{ { { 0, 0, STR("ab") } }, 1, "ab0123456789" },
		{ { { 0, 10, { NULL, 0 } } }, 1, "" },
		{ { { 10, 0, STR("z") } }, 1, "0123456789z" },
		{ { { 0, 1, STR("a") }, { 1, 1, STR("b") },
		    { 9, 1, { NULL, 0 } } }, 3, "ab2345678" },
		{ { { 3, 0, STR("x") }, { 3, 2, STR("y") } }, 2,
		    "012xy56789" },
	};
	struct buf		edits = BUF_INIT, out = BUF_INIT;
	struct err		e;
	size_t			i;
	int			k;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&edits);
		buf_clear(&out);
		for (k = 0; k < cases[i].count; k++)
			edits_add(&edits, &cases[i].edit[k]);
		assert_int_equal(edits_check(buf_str(&edits), 10, &e), 0);
		edited(&out, buf_str(&edits), STR("0123456789"));
		assert_string_equal(buf_cstr(&out), cases[i].want);
	}
	buf_free(&out);
	buf_free(&edits);
}

static void
test_edits_refused(void **state)
{
	static const struct spool_edit	cases[][2] = {
		{ { 11, 0, { NULL, 0 } }, { 11, 0, { NULL, 0 } } },
		{ { 0, 11, { NULL, 0 } }, { 11, 0, { NULL, 0 } } },
		{ { 5, UINT64_MAX, { NULL, 0 } }, { 4, 0, { NULL, 0 } } },
		{ { 5, 2, { NULL, 0 } }, { 6, 0, { NULL, 0 } } },
		{ { 5, 0, { NULL, 0 } }, { 4, 0, { NULL, 0 } } },
	};
	struct buf	edits = BUF_INIT;
	struct err	e;
	size_t		i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		buf_clear(&edits);
		edits_add(&edits, &cases[i][0]);
		edits_add(&edits, &cases[i][1]);
		assert_int_equal(edits_check(buf_str(&edits), 10, &e), -1);
	}
	buf_free(&edits);
	assert_int_equal(edits_check(STR("short"), 10, &e), -1);
}

static void
test_segment_head(void **state)
{
	unsigned char	block[SEGMENT_HEAD];
	struct segment	s = { .id = 7, .before = 6, .before_end = 8192,
			    .size = 1 << 20, .cold = true,
			    .replaced_count = 2, .replaced = { 3, 4 } }, got;
	struct err	e;

	(void)state;
	memset(&got, 0, sizeof got);
	segment_put(block, &s);
	assert_int_equal(segment_get(&got, block, &e), 0);
	assert_memory_equal(&got, &s, sizeof s);
	block[7] = '2';
	assert_true(segment_unknown(block));
	assert_int_equal(segment_get(&got, block, &e), -1);
	assert_string_equal(e.text,
	    "its format is '2', and this version knows '1' only");
	block[7] = '1';
	block[20] ^= 1;
	assert_int_equal(segment_get(&got, block, &e), -1);
	assert_string_equal(e.text, "its head is damaged");
	block[0] = 'x';
	assert_int_equal(segment_get(&got, block, &e), -1);
	assert_string_equal(e.text, "this is no segment of a spool");
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_id),
		cmocka_unit_test(test_entry),
		cmocka_unit_test(test_entry_refused),
		cmocka_unit_test(test_edits),
		cmocka_unit_test(test_edits_refused),
		cmocka_unit_test(test_segment_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
