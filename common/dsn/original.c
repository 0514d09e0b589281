/*
 * The header is read by the one reader of headers; a message of which it does
 * not find the end within its limits is none that could be shown.
 */
#include <string.h>

#include "mime/header.h"
#include "mime/word.h"

#include "original.h"
#include "text.h"

#define ORIGINAL_VALUE_MAX	900

static const struct header_limits	original_limits = {
	.bytes = 256 * 1024, .lines = 10000 };

/* 1: enough. */
static int
original_take(struct original *o, struct str piece, uint64_t whole_max,
    bool *ended)
{
	int	rc = *ended ? 1 : header_feed(o->header, piece, &o->err);

	*ended = rc == 1;
	if (rc == -1)
		return -1;
	if (whole_max != 0 && o->whole.len + piece.len <= whole_max) {
		buf_add_str(&o->whole, piece);
		return 0;
	}
	o->whole.len = 0;
	return *ended;
}

void
original_read(struct original *o, original_fn *next, void *arg,
    uint64_t whole_max)
{
	struct str	piece;
	bool		ended = false;
	int		rc = next != NULL ? 0 : -1;

	memset(o, 0, sizeof *o);
	o->header = header_new(&original_limits);
	if (next == NULL)
		(void)err_set(&o->err, "there is no message");
	while (rc == 0) {
		piece = STR_NONE;
		if ((rc = next(arg, &piece, &o->err)) != 0)
			break;
		rc = original_take(o, piece, whole_max, &ended);
		/* Once it is too long, no later piece makes it whole. */
		if (o->whole.len == 0 && piece.len != 0)
			whole_max = 0;
	}
	o->unreadable = rc == -1;
	header_ready(o->header);
	if (o->unreadable)
		buf_clear(&o->whole);
}

void
original_fini(struct original *o)
{
	header_free(&o->header);
	buf_free(&o->whole);
}

/* ---- Fields -------------------------------------------------------------- */

static struct field
original_field(const struct original *o, struct str name)
{
	size_t	i = header_find(o->header, name, 0);

	return i < header_count(o->header) ? header_at(o->header, i) :
	    field_of(STR(""));
}

void
original_value(const struct original *o, struct str name, struct buf *out)
{
	struct buf	line = BUF_INIT, text = BUF_INIT, clean = BUF_INIT;
	struct str	s;

	field_unfold(field_value(original_field(o, name)), &line);
	word_decode(buf_str(&line), &text);
	text_clean(&clean, buf_str(&text));
	s = str_trim(buf_str(&clean));
	if (s.len > ORIGINAL_VALUE_MAX)
		for (s.len = ORIGINAL_VALUE_MAX; s.len > 0 &&
		    ((unsigned char)s.p[s.len] & 0xc0) == 0x80; s.len--)
			;
	buf_add_str(out, s);
	buf_free(&line);
	buf_free(&text);
	buf_free(&clean);
}

struct str
original_message_id(const struct original *o)
{
	struct str	s = field_value(original_field(o, STR("Message-ID")));
	size_t		i;

	if (s.len < 3 || s.len > 900 || s.p[0] != '<' ||
	    s.p[s.len - 1] != '>')
		return STR_NONE;
	for (i = 1; i + 1 < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '<' ||
		    s.p[i] == '>')
			return STR_NONE;
	return s;
}

void
original_header(const struct original *o, uint64_t max, struct buf *out)
{
	struct str	raw;
	size_t		i, begin = out->len;

	for (i = 0; i < header_count(o->header); i++) {
		raw = header_at(o->header, i).raw;
		if (out->len - begin + raw.len + 2 > max)
			break;
		buf_add_str(out, raw);
		if (raw.len < 2 || raw.p[raw.len - 1] != '\n')
			buf_add_text(out, "\r\n");
	}
}
