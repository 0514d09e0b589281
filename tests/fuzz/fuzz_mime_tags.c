/*
 * A list of tags: names stand once, values are trimmed and within the text,
 * and a list written from what was read reads the same.
 */
#include <stdint.h>
#include <stdlib.h>

#include "mime/tags.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_again(const struct tags *t)
{
	struct buf	b = BUF_INIT;
	struct tags	again;
	size_t		i;

	for (i = 0; i < t->count; i++) {
		buf_add_str(&b, t->list[i].name);
		buf_add_byte(&b, '=');
		buf_add_str(&b, t->list[i].value);
		buf_add_byte(&b, ';');
	}
	if (tags_parse(&again, buf_str(&b)) == -1 || again.count != t->count)
		abort();
	for (i = 0; i < t->count; i++)
		if (!str_eq(tags_get(&again, t->list[i].name),
		    t->list[i].value))
			abort();
	tags_fini(&again);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tags	t;

	if (tags_parse(&t, (struct str){ (const char *)data, size }) == 0) {
		if (t.count == 0 || t.count > TAGS_MAX)
			abort();
		check_again(&t);
	}
	tags_fini(&t);
	return 0;
}
