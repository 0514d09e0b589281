/*
 * The records of one file of the journal, read a piece at a time: what begins
 * at `position` is in `bytes` as far as it was read, and a record that is not
 * whole there asks for more of the file once.
 */
#include "journal_reader.h"

#define JOURNAL_PIECE	(64 * 1024)

/* Makes `need` bytes be there, if the file has so many: 0, or -1. */
static int
journal_reader_fill(struct journal_reader *r, uint64_t need, struct err *e)
{
	uint64_t	at = JOURNAL_HEAD + (r->position - r->of.start) +
			    r->bytes.len;
	size_t		want = need > JOURNAL_PIECE ? need : JOURNAL_PIECE;
	ssize_t		got;

	got = disk_read(r->file, buf_reserve(&r->bytes, want), want, at);
	if (got == -1)
		return err_errno(e, "read the journal");
	buf_added(&r->bytes, (size_t)got);
	return 0;
}

int
journal_reader_next(struct journal_reader *r, struct journal_record *record,
    struct err *e)
{
	uint64_t	size, need;
	int		tries;

	for (tries = 0; tries < 3; tries++) {
		size = journal_record_get(&r->of, r->position,
		    buf_str(&r->bytes), &record->type, &record->payload,
		    &need);
		if (size > 0 && r->position + size > r->limit)
			return 1;
		if (size > 0) {
			record->position = r->position;
			record->end = r->position += size;
			r->bytes.off += size;	/* the payload stays */
			r->bytes.len -= size;
			return 0;
		}
		if (need <= r->bytes.len)
			return 1;
		if (journal_reader_fill(r, need - r->bytes.len, e) == -1)
			return -1;
	}
	return 1;
}

static bool
journal_known(int type)
{
	return type < JOURNAL_TYPES || type >= JOURNAL_OPTIONAL;
}

int
journal_reader_all(struct journal_reader *r,
    const struct journal_calls *calls, struct err *e)
{
	struct journal_record	record;
	int			rc;

	while ((rc = journal_reader_next(r, &record, e)) == 0) {
		if (!journal_known(record.type)) {
			rc = err_set(e, "a record of type %d, which this "
			    "version does not know", record.type);
			break;
		}
		if (calls->record(calls->arg, &record) == -1) {
			rc = err_set(e, "stopped by its caller");
			break;
		}
	}
	return rc == 1 ? 0 : -1;
}
