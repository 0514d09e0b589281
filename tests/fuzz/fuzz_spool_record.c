/*
 * Payloads of the spool's records: entries and states, whose fields are
 * written again and read again; edits, whose pieces must lie in the body and
 * have the size that was announced; ids as text.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "spool/edits.h"
#include "spool/entry.h"
#include "spool/fields.h"
#include "spool/spool_id.h"
#include "spool/state.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_list(struct str list)
{
	struct str	item;
	size_t		n = 0;

	while (fields_list_next(&list, &item) == 0)
		n += item.len + 1;
	if (list.len > 0 || n > 256 * 1024)
		abort();
}

static void
fuzz_entry(struct str in)
{
	struct spool_entry	entry, again;
	struct buf		b = BUF_INIT, c = BUF_INIT;
	struct err		e;

	if (spool_entry_get(&entry, in, &e) == 0) {
		fuzz_list(entry.metadata);
		fuzz_list(entry.quotas);
		if (spool_entry_put(&b, &entry, &e) == -1 ||
		    spool_entry_get(&again, buf_str(&b), &e) == -1 ||
		    spool_entry_put(&c, &again, &e) == -1 ||
		    !str_eq(buf_str(&b), buf_str(&c)))
			abort();
	}
	buf_free(&b);
	buf_free(&c);
}

static void
fuzz_state(struct str in)
{
	struct entry_state	state, again;
	struct spool_entry	entry;
	struct spool_id		id, whose;
	struct buf		b = BUF_INIT;
	struct err		e;

	if (state_get(&id, &state, in, &e) == 0) {
		memset(&entry, 0, sizeof entry);
		state_over(&entry, &state);
		(void)state_name(state.state);
		if (state_put(&b, &id, &state, &e) == -1 ||
		    state_get(&whose, &again, buf_str(&b), &e) == -1 ||
		    !spool_id_same(&id, &whose))
			abort();
	}
	buf_free(&b);
}

static void
fuzz_edits(struct str in)
{
	struct edits_walk	w;
	struct edits_piece	p;
	struct err		e;
	uint64_t		body = 0, size = 0;

	if (in.len == 0)
		return;
	body = (uint64_t)(unsigned char)in.p[0] * 7;
	in = (struct str){ in.p + 1, in.len - 1 };
	if (edits_check(in, body, &e) == -1)
		return;
	edits_begin(&w, in, body);
	while (edits_next(&w, &p) == 0) {
		if (p.data.len == 0 && (p.count == 0 || p.start > body ||
		    p.count > body - p.start))
			abort();
		size += p.data.len > 0 ? p.data.len : p.count;
	}
	if (size != edits_size(in, body))
		abort();
}

static void
fuzz_id(struct str in)
{
	struct spool_id	id, again;
	char		text[SPOOL_ID_TEXT];

	if (spool_id_parse(&id, in) == -1)
		return;
	spool_id_text(text, &id);
	if (spool_id_parse(&again, str_of(text)) == -1 ||
	    !spool_id_same(&id, &again))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str	in = { (const char *)data, size };

	fuzz_entry(in);
	fuzz_state(in);
	fuzz_edits(in);
	fuzz_id(in);
	return 0;
}
