/*
 * An entry as tagged fields, by the one table of them.
 */
#include <string.h>

#include "entry.h"
#include "fields.h"
#include "spool_id.h"

static const struct spool_field	entry_fields[] = {
#define ENTRY_FIELD(tag, kind, name, max, what) \
	{ tag, FIELDS_##kind, #name, offsetof(struct spool_entry, name), max },
#include "entry.def"
#undef ENTRY_FIELD
};

#define ENTRY_FIELDS	(sizeof entry_fields / sizeof entry_fields[0])

int
spool_entry_put(struct buf *out, const struct spool_entry *entry,
    struct err *e)
{
	return fields_put(out, entry_fields, ENTRY_FIELDS, entry, e);
}

/* Besides its bounds: an entry without number or recipient is none. */
int
spool_entry_get(struct spool_entry *entry, struct str bytes, struct err *e)
{
	if (fields_get(entry_fields, ENTRY_FIELDS, entry, sizeof *entry,
	    bytes, e) == -1)
		return -1;
	if (entry->queue == 0)
		return err_set(e, "queue: an entry without number");
	if (entry->recipient.len == 0)
		return err_set(e, "recipient: an entry without recipient");
	return 0;
}

struct str
spool_entry_domain(const struct spool_entry *entry)
{
	struct str	 r = entry->recipient;
	const char	*at = r.len > 0 ? memrchr(r.p, '@', r.len) : NULL;

	return at == NULL ? STR("") : (struct str){ at + 1,
	    r.len - (size_t)(at + 1 - r.p) };
}
