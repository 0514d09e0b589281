/*
 * The state of an entry as tagged fields, behind the entry's id.
 */
#include "fields.h"
#include "state.h"

static const struct spool_field	state_fields[] = {
#define STATE_FIELD(tag, kind, name, max, what) \
	{ tag, FIELDS_##kind, #name, offsetof(struct entry_state, name), max },
#include "state.def"
#undef STATE_FIELD
};

#define STATE_FIELDS	(sizeof state_fields / sizeof state_fields[0])

int
state_put(struct buf *out, const struct spool_id *id,
    const struct entry_state *state, struct err *e)
{
	unsigned char	bytes[SPOOL_ID_SIZE];

	spool_id_put(bytes, id);
	buf_add(out, bytes, sizeof bytes);
	return fields_put(out, state_fields, STATE_FIELDS, state, e);
}

int
state_get(struct spool_id *id, struct entry_state *state, struct str payload,
    struct err *e)
{
	if (payload.len < SPOOL_ID_SIZE)
		return err_set(e, "a state without id");
	spool_id_get(id, (const unsigned char *)payload.p);
	payload.p += SPOOL_ID_SIZE;
	payload.len -= SPOOL_ID_SIZE;
	return fields_get(state_fields, STATE_FIELDS, state, sizeof *state,
	    payload, e);
}

void
state_over(struct spool_entry *entry, const struct entry_state *state)
{
	if ((state->changed & STATE_CHANGED_PRIORITY) != 0)
		entry->priority = state->priority;
	if ((state->changed & STATE_CHANGED_TRANSPORT) != 0)
		entry->transportid = state->transportid;
	if ((state->changed & STATE_CHANGED_TENANT) != 0)
		entry->tenantid = state->tenantid;
	if ((state->changed & STATE_CHANGED_JOB) != 0)
		entry->jobid = state->jobid;
	if ((state->changed & STATE_CHANGED_METADATA) != 0)
		entry->metadata = state->metadata;
	if ((state->changed & STATE_CHANGED_QUOTAS) != 0)
		entry->quotas = state->quotas;
}

const char *
state_name(uint64_t state)
{
	static const char	*const names[] = {
		[STATE_READY] = "ready", [STATE_DEFER] = "defer",
		[STATE_HOLD] = "hold",
		[STATE_BOUNCING] = "bouncing",
	};

	return state < sizeof names / sizeof names[0] ? names[state] :
	    "unknown";
}
