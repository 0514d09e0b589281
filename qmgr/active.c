/*
 * Entries that the scheduler has, found by their ids.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/wire.h"

#include "delivery.h"

#define ACTIVE_KIND	1

static struct {
	struct hmap	entries;
	struct buf	text;
	struct buf	group;
} active;

void
active_open(void)
{
	hmap_init(&active.entries);
}

static void
active_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	hmap_remove(&active.entries, e);
	free(e);
}

void
active_close(void)
{
	hmap_walk(&active.entries, active.entries.size, active_free_entry,
	    NULL);
	hmap_fini(&active.entries);
	buf_free(&active.text);
	buf_free(&active.group);
}

struct active *
active_find(const struct spool_id *id)
{
	unsigned char	key[SPOOL_ID_SIZE];

	spool_id_put(key, id);
	return (struct active *)hmap_find(&active.entries, ACTIVE_KIND,
	    (struct str){ (char *)key, sizeof key });
}

enum queue_live
active_live(const struct spool_id *id)
{
	struct active	*a = delivery_schedule() != NULL ? active_find(id) :
			    NULL;

	if (a == NULL)
		return QUEUE_RESTS;
	return a->job != NULL || a->apart ? QUEUE_SENDING : QUEUE_ACTIVE;
}

size_t
active_count(void)
{
	return active.entries.count;
}

static struct active *
active_new(const struct spool_id *id)
{
	struct active	*a = xcalloc(1, sizeof *a);

	spool_id_put(a->key, id);
	a->hash.key = (const char *)a->key;
	a->hash.len = sizeof a->key;
	a->hash.kind = ACTIVE_KIND;
	hmap_insert(&active.entries, &a->hash);
	return a;
}

void
active_drop(struct active *a)
{
	hmap_remove(&active.entries, &a->hash);
	free(a);
}

/* ---- What the scheduler is told ------------------------------------------ */

/* Of the wall clock's time, on the scheduler's clock; 0: none. */
static int64_t
active_deadline(const struct spool_entry *e)
{
	int64_t	wall_ms;

	if (e->useful_until == 0 || e->useful_until > INT64_MAX / 2000)
		return 0;
	wall_ms = (int64_t)e->useful_until * 1000;
	wall_ms += delivery_now() - keeper_wall_ms();
	return wall_ms > 0 ? wall_ms : 1;
}

/* All that a transaction says of more than one recipient at once. */
static uint64_t
active_digest(const struct spool_entry *e)
{
	static const uint64_t	secret[2] = { 0x68616c79617264, 0x71 };
	struct buf		*b = &active.group;

	buf_clear(b);
	buf_add_str(b, e->sender);
	buf_add_byte(b, '\0');
	buf_add_str(b, e->dsn_envid);
	buf_add_byte(b, '\0');
	wire_put_uint(b, e->dsn_ret, 1);
	wire_put_uint(b, e->flags, 4);
	wire_put_uint(b, e->deliverby, 1);
	wire_put_uint(b, e->useful_until, 8);
	return hmap_hash(secret, 0, buf_str(b));
}

int
active_describe(struct schedule_entry_in *in, struct buf *text,
    const struct spool_id *id, const struct spool_entry *entry)
{
	memset(in, 0, sizeof *in);
	buf_clear(text);
	buf_add_lower(text, spool_entry_domain(entry));
	in->subqueue = (struct schedule_subqueue){ entry->transportid,
	    buf_str(text), entry->tenantid, entry->jobid };
	in->priority = entry->priority == 1;
	in->deadline_ms = active_deadline(entry);
	memcpy(in->group.transaction, id->txn,
	    sizeof in->group.transaction);
	in->group.edits = entry->edits;
	in->group.digest = active_digest(entry);
	in->digest = (entry->flags & ENTRY_REQUIRETLS) != 0;
	return routes_find(entry->transportid) != NULL ? 0 : -1;
}

enum active_result
active_add(const struct spool_id *id, const struct spool_entry *entry)
{
	struct schedule_entry_in	 in;
	struct active			*a;

	if (active_describe(&in, &active.text, id, entry) == -1)
		return ACTIVE_NOWHERE;
	a = active_new(id);
	in.user = (uint64_t)(uintptr_t)a;
	a->ref = schedule_add(delivery_schedule(), &in, delivery_now());
	if (a->ref == SCHEDULE_FULL) {
		active_drop(a);
		return ACTIVE_FULL;
	}
	return ACTIVE_TAKEN;
}

struct active *
active_add_sending(const struct spool_id *id,
    const struct schedule_entry_in *in, uint16_t slot)
{
	struct schedule_entry_in	 mine = *in;
	struct active			*a = active_new(id);

	mine.user = (uint64_t)(uintptr_t)a;
	a->ref = schedule_add_sending(delivery_schedule(), &mine, slot,
	    delivery_now());
	a->apart = true;
	return a;
}

void
active_found(struct active *a)
{
	if (a->held != 0)
		schedule_started_over(delivery_schedule(), a->held,
		    delivery_now());
	a->held = 0;
	a->awaits = 0;
}

bool
active_remove(struct active *a)
{
	if (a->job != NULL || a->apart ||
	    !schedule_remove(delivery_schedule(), a->ref))
		return false;
	active_drop(a);
	return true;
}

int
active_entry(const struct spool_id *id, struct book_envelope *envelope,
    struct entry_state *state, struct buf *bytes, struct err *e)
{
	int	rc;

	rc = book_envelope_in(keeper_book(), id, envelope, bytes, e);
	if (rc == 0)
		rc = book_state(keeper_book(), id, state, e);
	if (rc == 0)
		state_over(&envelope->entry, state);
	return rc;
}
