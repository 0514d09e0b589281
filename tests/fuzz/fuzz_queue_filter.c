/*
 * Filters as mtactl sends them: lines of a name, a blank and a value, held
 * against an entry.  What the index is enough to refuse, all of it refuses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "queue/queue_filter.h"
#include "spool/fields.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_row(struct queue_row *r, struct buf *metadata, unsigned char which)
{
	memset(r, 0, sizeof *r);
	r->id.queue = 1;
	r->now_ms = 10000000;
	r->entry.state = which % 3;
	r->entry.retry = which;
	r->entry.due_ms = r->now_ms + which * 1000;
	r->accepted.sender = STR("aaaaaaaaaaaaaaaaaaaaaaaab@example.com");
	r->accepted.recipient = STR("r");
	r->accepted.tenantid = STR("t");
	fields_list_add(metadata, STR("k"));
	fields_list_add(metadata, STR("v"));
	r->accepted.metadata = buf_str(metadata);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		 in = { (const char *)data, size };
	struct str		 line, name, value;
	struct queue_filter	*f = queue_filter_new();
	struct queue_row	 r;
	struct buf		 b = BUF_INIT, text = BUF_INIT;
	struct err		 e;
	size_t			 i;

	while (in.len > 0) {
		line = str_split(in, '\n', &in);
		name = str_split(line, ' ', &value);
		(void)queue_filter_add(f, name, value, &e);
	}
	fuzz_row(&r, &b, size > 0 ? data[size - 1] : 0);
	if (queue_filter_match(f, &r) && !queue_filter_early(f, &r))
		abort();
	queue_filter_text(f, &text);
	for (i = 0; queue_filter_term(f, i, &name, &value); i++)
		if (name.len == 0)
			abort();
	if (queue_filter_any(f) != (i > 0))
		abort();
	if (queue_filter_ids(f) > 0)
		queue_filter_id(f, 0, &r.id);
	buf_free(&b);
	buf_free(&text);
	queue_filter_free(&f);
	return 0;
}
