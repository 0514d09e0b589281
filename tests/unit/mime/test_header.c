/*
 * The block of fields: the index, edits, states, and what is hostile.
 */
#include <time.h>

#include "mime/header.h"

#include "check.h"

static const struct header_limits	large = { 64u << 20, 2000000 };

/* Feeds in pieces of `cut` bytes. */
static struct header *
read_cut(struct str message, size_t cut)
{
	struct header	*h = header_new(&header_limits_default);
	struct str	 part;
	size_t		 i;
	int		 rc = 0;

	for (i = 0; i < message.len && rc == 0; i += cut) {
		part = (struct str){ message.p + i,
		    message.len - i < cut ? message.len - i : cut };
		rc = header_feed(h, part, NULL);
	}
	assert_int_not_equal(rc, -1);
	header_ready(h);
	return h;
}

static struct header *
read_text(const char *message)
{
	return read_cut(str_of(message), strlen(message) + 1);
}

static void
assert_block(const struct header *h, const char *want)
{
	struct buf	b = BUF_INIT;

	header_write(h, &b);
	assert_str(buf_str(&b), want);
	assert_int_equal(header_size(h), b.len);
	buf_free(&b);
}

/* Names, malformed ones as "-". */
static void
assert_names(const struct header *h, const char *want)
{
	struct buf	b = BUF_INIT;
	struct field	f;
	size_t		i;

	for (i = 0; i < header_count(h); i++) {
		f = header_at(h, i);
		buf_add_str(&b, f.name_len != 0 ? field_name(f) : STR("-"));
		buf_add_byte(&b, ' ');
	}
	assert_str(buf_str(&b), want);
	buf_free(&b);
}

static void
test_shapes(void **state)
{
	static const struct {
		const char	*message;
		size_t		 size;		/* of the block */
		const char	*names;
	} cases[] = {
		{ "A: 1\r\nB: 2\r\n\r\nbody\r\n", 12, "A B " },
		{ "A: 1\r\n\tx\r\n y\r\nB: 2\r\n\r\n", 20, "A B " },
		{ "\r\nA: 1\r\n\r\n", 0, "" },
		{ "", 0, "" },
		{ "A: 1\r\nB: 2\r\n", 12, "A B " },
		{ "A: 1\r\nB: 2", 10, "A B " },
		{ "A: 1\r\nB: 2\r", 11, "A B " },
		{ " x\r\nA: 1\r\n\r\n", 10, "- A " },
		{ "\t\r\n x\r\n\r\n", 7, "- " },
		{ "Hello\r\nworld: x\r\n\r\n", 17, "- world " },
		{ "From a@b Mon\r\nA: 1\r\n\r\n", 20, "- A " },
		{ "A: 1\r\nno colon\r\n x\r\nB: 2\r\n\r\n", 26, "A - B " },
		{ "A: 1\r\n \r\nB: 2\r\n\r\n", 15, "A B " },
		{ "A: \nB: 2\r\n\r\n", 10, "A " },
		{ "A: \r\rB\r\n\r\n", 8, "A " },
		{ "\n\r\n\r\n", 3, "- " },
		{ "\r\r\n\r\n", 3, "- " },
	};
	size_t	i, cut;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		for (cut = 1; cut < 12; cut++) {
			struct str	 s = str_of(cases[i].message);
			struct header	*h = read_cut(s, cut);
			struct buf	 b = BUF_INIT;

			assert_int_equal(header_original_size(h),
			    cases[i].size);
			assert_names(h, cases[i].names);
			header_write(h, &b);
			assert_int_equal(b.len, cases[i].size);
			if (b.len != 0)
				assert_memory_equal(buf_data(&b), s.p, b.len);
			assert_int_equal(header_edits(h), 0);
			buf_free(&b);
			header_free(&h);
		}
}

static void
test_nul(void **state)
{
	struct header	*h = read_cut(STR("A\0: 1\r\nB: \0x\r\n\r\n"), 3);

	(void)state;
	assert_names(h, "- B ");
	assert_int_equal(field_value(header_at(h, 1)).len, 2);
	header_free(&h);
}

static void
test_find(void **state)
{
	struct header	*h = read_text("A: 1\r\nB: 2\r\na: 3\r\n\r\n");

	(void)state;
	assert_int_equal(header_find(h, STR("a"), 0), 0);
	assert_int_equal(header_find(h, STR("A"), 1), 2);
	assert_int_equal(header_find(h, STR("A"), 3), 3);
	assert_int_equal(header_find(h, STR("A"), 9), 3);
	assert_int_equal(header_find(h, STR("C"), 0), 3);
	assert_int_equal(header_find(h, STR(""), 0), 3);
	header_free(&h);
}

static void
test_edit(void **state)
{
	struct header	*h = read_text("A: 1\r\njunk\r\nB : 2\r\n x\r\n"
			    "a: 3\r\n\r\nbody\r\n");

	(void)state;
	assert_int_equal(header_insert(h, STR("X"), STR("new"), NULL), 0);
	assert_int_equal(header_insert(h, STR("Y"), STR("top"), NULL), 0);
	assert_block(h, "Y: top\r\nX: new\r\nA: 1\r\njunk\r\nB : 2\r\n x\r\n"
	    "a: 3\r\n");
	assert_int_equal(header_replace(h, 4, STR("B"), STR("two"), NULL), 0);
	header_delete(h, 1);
	assert_block(h, "Y: top\r\nA: 1\r\njunk\r\nB: two\r\na: 3\r\n");
	assert_int_equal(header_edits(h), 4);
	assert_int_equal(header_delete_all(h, STR("A"), 2), 1);
	assert_block(h, "Y: top\r\nA: 1\r\njunk\r\nB: two\r\n");
	assert_int_equal(header_delete_all(h, STR("A"), 0), 1);
	assert_int_equal(header_delete_all(h, STR("A"), 0), 0);
	assert_int_equal(header_delete_all(h, STR("A"), 99), 0);
	assert_block(h, "Y: top\r\njunk\r\nB: two\r\n");
	assert_int_equal(header_insert(h, STR("Z"), STR("a\r\nb"), NULL), -1);
	assert_int_equal(header_replace(h, 0, STR(""), STR("a"), NULL), -1);
	assert_block(h, "Y: top\r\njunk\r\nB: two\r\n");
	assert_int_equal(header_original_size(h), 29);
	header_free(&h);
}

static void
test_edit_empty(void **state)
{
	struct header	*h = read_text("\r\nbody\r\n");

	(void)state;
	assert_int_equal(header_delete_all(h, STR("A"), 0), 0);
	assert_int_equal(header_insert(h, STR("A"), STR("1"), NULL), 0);
	assert_block(h, "A: 1\r\n");
	header_delete(h, 0);
	assert_block(h, "");
	header_free(&h);
	h = read_text("");
	assert_int_equal(header_insert(h, STR("A"), STR("1"), NULL), 0);
	assert_block(h, "A: 1\r\n");
	header_reset(h);
	assert_block(h, "");
	header_free(&h);
}

/* A first line that continues nothing does not continue what we add. */
static void
test_orphan(void **state)
{
	struct header	*h = read_text(" , Yes\r\n more\r\nA: 1\r\n\r\n");

	(void)state;
	assert_int_equal(header_delete_all(h, STR("A"), 0), 1);
	assert_block(h, " , Yes\r\n more\r\n");
	assert_int_equal(header_insert(h, STR("Spam"), STR("No"), NULL), 0);
	assert_block(h, "Spam: No\r\nX-Malformed-Header: , Yes\r\n more\r\n");
	assert_int_equal(header_insert(h, STR("B"), STR("2"), NULL), 0);
	assert_block(h, "B: 2\r\nSpam: No\r\n"
	    "X-Malformed-Header: , Yes\r\n more\r\n");
	header_reset(h);
	assert_block(h, " , Yes\r\n more\r\nA: 1\r\n");
	header_free(&h);
}

static void
test_states(void **state)
{
	struct header	*h = read_text("A: 1\r\nB: 2\r\n\r\n");
	int		 i, zero, one;

	(void)state;
	zero = header_save(h, NULL);
	assert_int_equal(header_insert(h, STR("X"), STR("1"), NULL), 0);
	one = header_save(h, NULL);
	header_delete_all(h, STR("A"), 0);
	header_delete_all(h, STR("B"), 0);
	assert_block(h, "X: 1\r\n");
	assert_true(header_restore(h, one));
	assert_block(h, "X: 1\r\nA: 1\r\nB: 2\r\n");
	assert_int_equal(header_edits(h), 1);
	for (i = 0; i < 100; i++)
		assert_int_equal(header_insert(h, STR("Y"), STR("2"), NULL),
		    0);
	assert_true(header_restore(h, zero));
	assert_block(h, "A: 1\r\nB: 2\r\n");
	assert_int_equal(header_edits(h), 0);
	assert_true(header_restore(h, one));
	header_reset(h);
	assert_block(h, "A: 1\r\nB: 2\r\n");
	assert_true(header_restore(h, one));
	assert_block(h, "X: 1\r\nA: 1\r\nB: 2\r\n");
	assert_false(header_restore(h, -1));
	assert_false(header_restore(h, one + 1));
	for (i = 2; i < 64; i++)
		assert_int_equal(header_save(h, NULL), i);
	assert_int_equal(header_save(h, NULL), -1);
	header_free(&h);
}

static void
test_limits(void **state)
{
	static const struct header_limits	small = { 32, 4 };
	struct header				*h = header_new(&small);
	struct err				 e;
	int					 i;

	(void)state;
	assert_int_equal(header_feed(h, STR("A: 123456789012345678901234567"
	    "\r\n\r\n"), &e), 1);
	header_ready(h);
	assert_int_equal(header_original_size(h), 32);
	header_free(&h);
	h = header_new(&small);
	assert_int_equal(header_feed(h, STR("A: 123456789012345678901234567890"
	    "\r\n\r\n"), &e), -1);
	header_free(&h);
	h = header_new(&small);
	assert_int_equal(header_feed(h, STR("A:\r\n"), &e), 0);
	for (i = 0; i < 3; i++)
		assert_int_equal(header_feed(h, STR(" \r\n"), &e), 0);
	assert_int_equal(header_feed(h, STR(" \r\n"), &e), -1);
	header_free(&h);
	h = header_new(&small);
	header_ready(h);
	for (i = 0; i < 4; i++)
		assert_int_equal(header_insert(h, STR("A"), STR("1"), &e), 0);
	assert_int_equal(header_insert(h, STR("A"), STR("1"), &e), -1);
	assert_int_equal(header_replace(h, 0, STR("A"), STR("12345"), &e),
	    -1);
	assert_int_equal(header_replace(h, 0, STR("A"), STR("123"), &e), 0);
	assert_block(h, "A: 123\r\nA: 1\r\nA: 1\r\nA: 1\r\n");
	header_free(&h);
}

/* One piece many times, then all there is to do: linear, or it would show. */
static void
hostile(const char *first, const char *piece, size_t count, size_t fields)
{
	struct header	*h = header_new(&large);
	struct buf	 b = BUF_INIT;
	clock_t		 start = clock();
	size_t		 i;

	buf_add_text(&b, first);
	for (i = 0; i < count; i++)
		buf_add_text(&b, piece);
	assert_int_not_equal(header_feed(h, buf_str(&b), NULL), -1);
	header_ready(h);
	assert_int_equal(header_count(h), fields);
	buf_clear(&b);
	field_unfold(field_value(header_at(h, 0)), &b);
	(void)header_find(h, STR("none"), 0);
	for (i = 0; i < 1000; i++)
		assert_int_equal(header_insert(h, STR("New"), STR("x"), NULL),
		    0);
	assert_true(header_save(h, NULL) == 0);
	header_delete_all(h, STR("a"), 0);
	assert_true(header_restore(h, 0));
	buf_clear(&b);
	header_write(h, &b);
	assert_int_equal(b.len, header_size(h));
	assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
	buf_free(&b);
	header_free(&h);
}

static void
test_hostile(void **state)
{
	(void)state;
	hostile("", "a: b\r\n", 1000000, 1000000);
	hostile("a: b\r\n", " c\r\n", 1000000, 1);
	hostile("a: b", "c", 10000000, 1);
	hostile("", "\r", 1000000, 1);
	hostile("", "\n", 1000000, 1);
	hostile("", "x\n\r", 1000000, 1);
	hostile("", "nothing\r\n", 1000000, 1000000);
	hostile(" \r\n", "\t \r\n", 1000000, 1);
}

/* What is over the limits is refused without being read to its end. */
static void
test_hostile_default(void **state)
{
	struct header	*h = header_new(&header_limits_default);
	struct err	 e;
	size_t		 i;
	int		 rc = 0;

	(void)state;
	for (i = 0; i < 1000000 && rc == 0; i++)
		rc = header_feed(h, STR("a: b\r\n"), &e);
	assert_int_equal(rc, -1);
	assert_int_equal(i, 100001);
	header_free(&h);
	h = header_new(&header_limits_default);
	assert_int_equal(header_feed(h, STR("a:\r\n"), &e), 0);
	for (i = 1; i < 100000; i++)
		assert_int_equal(header_feed(h, STR(" b\r\n"), &e), 0);
	assert_int_equal(header_feed(h, STR("\r\n"), &e), 1);
	header_ready(h);
	assert_int_equal(header_count(h), 1);
	header_free(&h);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_nul),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_empty),
		cmocka_unit_test(test_orphan),
		cmocka_unit_test(test_states),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_hostile_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
