/*
 * Fields taken out of a message: any cut gives the same, nothing of that name
 * is left for the reader of headers to find, and the rest is as it was.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mime/header.h"
#include "mime/strip.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
collect(void *arg, struct str piece)
{
	buf_add_str(arg, piece);
}

static void
strip(struct str in, size_t step, struct buf *out, struct buf *noted)
{
	struct mime_strip	s = { .drop = STR("Sender"),
				    .note = STR("From"), .out = collect,
				    .arg = out };
	size_t			n;

	for (; in.len > 0; in.p += n, in.len -= n) {
		n = step < in.len ? step : in.len;
		mime_strip_add(&s, (struct str){ in.p, n });
	}
	mime_strip_end(&s);
	buf_add_str(noted, mime_strip_noted(&s));
	mime_strip_fini(&s);
}

static void
check_gone(struct str message)
{
	struct header	*h = header_new(&header_limits_default);
	struct err	 e;

	if (header_feed(h, message, &e) != -1) {
		header_ready(h);
		if (header_find(h, STR("Sender"), 0) != header_count(h))
			abort();
	}
	header_free(&h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf	one = BUF_INIT, two = BUF_INIT;
	struct buf	note1 = BUF_INIT, note2 = BUF_INIT;
	size_t		step;

	if (size == 0)
		return 0;
	step = data[0] % 7 + 1;
	data++;
	size--;
	strip((struct str){ (const char *)data, size }, SIZE_MAX, &one,
	    &note1);
	strip((struct str){ (const char *)data, size }, step, &two, &note2);
	if (!str_eq(buf_str(&one), buf_str(&two)) ||
	    !str_eq(buf_str(&note1), buf_str(&note2)))
		abort();
	check_gone(buf_str(&one));
	buf_free(&one);
	buf_free(&two);
	buf_free(&note1);
	buf_free(&note2);
	return 0;
}
