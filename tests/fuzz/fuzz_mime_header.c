/*
 * A message's start, and a script's value for a field, cut at the first NUL.
 * Any cut gives the same block; what is not edited keeps its bytes; no value
 * makes more than one field; a value reads back as it was written.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mime/header.h"
#include "mime/word.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct header_limits	limits = { 8192, 100 };

static struct header *
header_read(struct str message, size_t cut)
{
	struct header	*h = header_new(&limits);
	struct str	 part;
	size_t		 i;
	int		 rc = 0;

	for (i = 0; i < message.len && rc == 0; i += cut) {
		part = (struct str){ message.p + i,
		    message.len - i < cut ? message.len - i : cut };
		rc = header_feed(h, part, NULL);
	}
	if (rc == -1)
		header_free(&h);
	else
		header_ready(h);
	return h;
}

/* The block is what was fed, whatever the cut. */
static void
check_block(const struct header *h, struct str message, size_t cut)
{
	struct header	*other = header_read(message, cut);
	struct buf	 b = BUF_INIT;

	header_write(h, &b);
	if (other == NULL || header_count(other) != header_count(h) ||
	    b.len != header_original_size(h) || b.len != header_size(h) ||
	    (b.len != 0 && memcmp(buf_data(&b), message.p, b.len) != 0))
		abort();
	buf_free(&b);
	header_free(&other);
}

/* The edited block, read again, has the fields that the edits say. */
static void
check_edited(const struct header *h)
{
	struct header	*again;
	struct buf	 b = BUF_INIT;

	header_write(h, &b);
	if (b.len != header_size(h))
		abort();
	again = header_read(buf_str(&b), b.len + 1);
	if (again != NULL && (header_original_size(again) != b.len ||
	    header_count(again) != header_count(h)))
		abort();
	header_free(&again);
	buf_free(&b);
}

static void
check_edits(struct header *h, struct str name, struct str value)
{
	size_t	count = header_count(h), at, saved;
	int	id = header_save(h, NULL);

	if (header_insert(h, name, value, NULL) == 0) {
		if (header_count(h) != count + 1 ||
		    !field_is(header_at(h, 0), name))
			abort();
		check_edited(h);
	}
	at = header_find(h, STR("b"), 0);
	if (at < header_count(h))
		(void)header_replace(h, at, STR("b"), value, NULL);
	check_edited(h);
	saved = header_delete_all(h, STR("b"), 0);
	if (header_find(h, STR("b"), 0) != header_count(h) ||
	    (at < count && saved == 0))
		abort();
	check_edited(h);
	if (!header_restore(h, id) || header_count(h) != count)
		abort();
	if (count != 0) {
		header_delete(h, count / 2);
		check_edited(h);
		header_reset(h);
	}
	if (header_count(h) != count || header_edits(h) != 0)
		abort();
}

static void
check_round(struct str name, struct str value, enum word_encoding how)
{
	struct buf	text = BUF_INIT, raw = BUF_INIT, flat = BUF_INIT;
	struct buf	back = BUF_INIT;
	struct str	said = str_trim(value);
	struct field	f;

	if (word_encode(name, value, how, &text, NULL) == 0 &&
	    field_build(name, buf_str(&text), &raw, NULL) == 0) {
		f = field_of(buf_str(&raw));
		field_unfold(field_value(f), &flat);
		word_decode(buf_str(&flat), &back);
		if (utf8_valid(said) && str_caseeq(name, STR("Subject")) &&
		    (said.len < 2 || memmem(said.p, said.len, "=?", 2) ==
		    NULL) && (said.len == 0 || memchr(said.p, '\r',
		    said.len) == NULL) && !str_eq(said, buf_str(&back)))
			abort();
	}
	buf_free(&text);
	buf_free(&raw);
	buf_free(&flat);
	buf_free(&back);
}

static void
check_decode(struct str value)
{
	struct buf	out = BUF_INIT;

	word_decode(value, &out);
	if (out.len > 3 * value.len)
		abort();
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	 message = { (const char *)data, size }, value;
	struct header	*h;
	size_t		 i;

	value = str_split(message, '\0', &message);
	check_decode(value);
	check_round(STR("Subject"), value, WORD_Q);
	check_round(STR("Subject"), value, WORD_B);
	check_round(STR("From"), value, WORD_Q);
	check_round(STR("From"), value, WORD_B);
	h = header_read(message, size + 1);
	if (h == NULL)
		return 0;
	check_block(h, message, 1);
	check_block(h, message, 7);
	for (i = 0; i < header_count(h); i++)
		check_decode(field_value(header_at(h, i)));
	check_edits(h, STR("Subject"), value);
	check_edits(h, value, STR("x"));
	header_free(&h);
	return 0;
}
