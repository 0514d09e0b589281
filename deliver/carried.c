/*
 * A byte of flags, and two blobs.  What qmgr is given goes into an entry's
 * state, which is checked there; so it is checked here first.
 */
#include <string.h>

#include "base/wire.h"
#include "job/job.h"
#include "spool/state.h"

#include "carried.h"

enum { CARRIED_METADATA = 1 };

int
carried_put(struct buf *out, const struct carried *c)
{
	if (!c->prepared)
		return 0;
	wire_put_uint(out, c->has_metadata ? CARRIED_METADATA : 0, 1);
	if (wire_put_blob(out, c->context, JOB_CONTEXT_MAX) == -1)
		return -1;
	return wire_put_blob(out, c->metadata, JOB_METADATA_MAX);
}

/* Would a state take it? */
static bool
carried_metadata_ok(struct str metadata)
{
	struct entry_state	s = { .metadata = metadata }, again;
	struct spool_id		id = { .queue = 1 }, whose;
	struct buf		b = BUF_INIT;
	struct err		e;
	bool			ok;

	ok = state_put(&b, &id, &s, &e) == 0 &&
	    state_get(&whose, &again, buf_str(&b), &e) == 0;
	buf_free(&b);
	return ok;
}

int
carried_get(struct carried *c, struct str bytes)
{
	struct rbuf	r = { (const unsigned char *)bytes.p, bytes.len };
	uint64_t	flags;

	memset(c, 0, sizeof *c);
	if (bytes.len == 0)
		return 0;
	c->prepared = true;
	if (wire_get_uint(&r, &flags, 1) == -1 || flags > CARRIED_METADATA ||
	    wire_get_blob(&r, &c->context, JOB_CONTEXT_MAX) == -1 ||
	    wire_get_blob(&r, &c->metadata, JOB_METADATA_MAX) == -1 ||
	    r.len != 0)
		return -1;
	c->has_metadata = flags != 0;
	if (!c->has_metadata && c->metadata.len != 0)
		return -1;
	return carried_metadata_ok(c->metadata) ? 0 : -1;
}
