/*
 * A file of the log, from whoever wrote to it.  What is understood is written
 * again without a control character, and read again it is the same; and a
 * filter is held against it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "logs/log_filter.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_clean(const struct buf *out)
{
	struct str	s = buf_str(out);
	size_t		i;

	for (i = 0; i < s.len; i++)
		if ((unsigned char)s.p[i] < ' ' || s.p[i] == 0x7f)
			abort();
	if (!utf8_valid(s))
		abort();
}

/* Read again it is the same; what is not UTF-8 is U+FFFD from then on. */
static void
fuzz_again(const struct log_line *l, struct buf *json, int times)
{
	struct log_line	again = LOG_LINE_INIT;
	struct buf	next = BUF_INIT;

	if (log_line_parse(&again, buf_str(json)) == -1) {
		if (json->len <= LOG_LINE_MAX)
			abort();
	} else {
		if (again.count != l->count)
			abort();
		log_line_json(&again, &next);
		if (times > 0)
			fuzz_again(&again, &next, times - 1);
		else if (!str_eq(buf_str(json), buf_str(&next)))
			abort();
	}
	log_line_fini(&again);
	buf_free(&next);
}

static void
fuzz_line(const struct log_line *l)
{
	struct buf	text = BUF_INIT, json = BUF_INIT;

	log_line_json(l, &json);
	fuzz_clean(&json);
	log_line_text(l, &text);
	fuzz_clean(&text);
	fuzz_again(l, &json, 1);
	buf_free(&text);
	buf_free(&json);
}

/* Filters of each kind, by what the line itself has. */
static void
fuzz_filters(const struct log_line *l)
{
	static const char *const	names[] = { "id", "level", "event",
	    "service", "sender", "recipient", "senderdomain",
	    "recipientdomain", "reason", "of-no-line" };
	struct log_filter		f = { .count = 0 };
	struct err			e;
	size_t				i, k;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		for (k = 0; k < l->count && k < 8; k++) {
			f.count = 0;
			if (log_filter_add(&f, str_of(names[i]),
			    l->value[k].text, &e) == -1)
				continue;
			(void)log_filter_match(&f, l);
			if (log_filter_needle(&f).len > l->value[k].text.len)
				abort();
		}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		in = { (const char *)data, size }, line;
	struct log_line		l = LOG_LINE_INIT;
	struct log_filter	f = { .count = 0 };
	struct err		e;

	while (in.len > 0) {
		line = str_split(in, '\n', &in);
		if (log_line_parse(&l, line) == -1)
			continue;
		fuzz_line(&l);
		if (l.count > 0) {
			f.count = 0;
			(void)log_filter_add(&f, STR("id"), l.value[0].text,
			    &e);
			(void)log_filter_add(&f, STR("recipient"),
			    l.value[l.count - 1].text, &e);
			(void)log_filter_match(&f, &l);
		}
		fuzz_filters(&l);
	}
	log_line_fini(&l);
	return 0;
}
