/*
 * What was exported of a message, from whoever wants it imported: an object of
 * JSON, and before it a line that is a file's name.  An entry that is taken is
 * exported again, and comes back as it was.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mtactl/spool_file.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_name(struct str line, struct spool_id *id)
{
	char		name[SPOOL_FILE_NAME + 8], again[SPOOL_FILE_NAME];
	struct spool_id	same;

	*id = (struct spool_id){ .queue = 1 };
	if (line.len >= sizeof name || memchr(line.p, '\0', line.len) != NULL)
		return;
	memcpy(name, line.p, line.len);
	name[line.len] = '\0';
	if (spool_file_id(id, name) == -1) {
		*id = (struct spool_id){ .queue = 1 };
		return;
	}
	spool_file_name(again, id, ".json");
	if (spool_file_id(&same, again) == -1 || same.queue != id->queue ||
	    memcmp(same.txn, id->txn, sizeof same.txn) != 0)
		abort();
}

/* How long it waits yet is of the time now. */
static void
fuzz_bytes(struct buf *out, const struct spool_entry *n)
{
	struct spool_entry	at_once = *n;
	struct err		e;

	at_once.delay_ms = 0;
	if (spool_entry_put(out, &at_once, &e) == -1)
		abort();
}

static void
fuzz_again(const struct spool_id *id, const struct spool_entry *n)
{
	struct spool_entry	back;
	struct buf		bytes = BUF_INIT, was = BUF_INIT;
	struct buf		is = BUF_INIT;
	struct err		e;
	json_t			*envelope = spool_file_envelope(id, n);

	if (envelope == NULL ||
	    spool_file_entry(&back, &bytes, envelope, &e) == -1)
		abort();
	fuzz_bytes(&was, n);
	fuzz_bytes(&is, &back);
	if (!str_eq(buf_str(&was), buf_str(&is)))
		abort();
	buf_free(&bytes);
	buf_free(&was);
	buf_free(&is);
	json_decref(envelope);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		rest = { (const char *)data, size };
	struct str		line = str_split(rest, '\n', &rest);
	struct spool_entry	n;
	struct spool_id		id;
	struct buf		bytes = BUF_INIT;
	struct err		e;
	json_t			*envelope;

	fuzz_name(line, &id);
	envelope = rest.p != NULL ? json_loadb(rest.p, rest.len, 0, NULL) :
	    NULL;
	if (envelope != NULL &&
	    spool_file_entry(&n, &bytes, envelope, &e) == 0)
		fuzz_again(&id, &n);
	buf_free(&bytes);
	json_decref(envelope);
	return 0;
}
