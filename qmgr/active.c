/*
 * Entries that the scheduler has, found by their ids.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/wire.h"
#include "schedule/slab.h"

#include "delivery.h"
#include "hopset.h"
#include "policies.h"
#include "prepare.h"
#include "route.h"

static struct {
	struct slab		entries;
	struct slab_index	by_id;
	uint64_t		secret[2];
	struct buf		text;
	struct buf		group;
} active;

#define ACTIVE_FLAGS	16

static_assert(sizeof(struct active) <= 64, "an active entry's size");

void
active_open(void)
{
	slab_init(&active.entries, sizeof(struct active));
	arc4random_buf(active.secret, sizeof active.secret);
}

void
active_close(void)
{
	slab_fini(&active.entries);
	slab_index_fini(&active.by_id);
	buf_free(&active.text);
	buf_free(&active.group);
}

static struct active *
active_at(uint32_t i)
{
	return slab_at(&active.entries, i);
}

static uint32_t
active_hash(const unsigned char key[SPOOL_ID_SIZE])
{
	return (uint32_t)hmap_hash(active.secret, 0,
	    (struct str){ (const char *)key, SPOOL_ID_SIZE });
}

static bool
active_same(const void *arg, uint32_t i, const void *key)
{
	(void)arg;
	return memcmp(active_at(i)->key, key, SPOOL_ID_SIZE) == 0;
}

struct active *
active_find(const struct spool_id *id)
{
	unsigned char	key[SPOOL_ID_SIZE];
	uint32_t	i;

	spool_id_put(key, id);
	i = slab_index_find(&active.by_id, active_hash(key), active_same,
	    NULL, key);
	return i != 0 ? active_at(i) : NULL;
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
	return active.by_id.count;
}

/* A place that is free does not say that it is itself. */
uint32_t
active_walk(uint32_t at, uint32_t count,
    void (*fn)(void *arg, struct active *a), void *arg)
{
	struct active	*a;

	for (; count > 0 && at < active.entries.top; count--) {
		a = ++at < active.entries.top ? active_at(at) : NULL;
		if (a != NULL && a->self == at)
			fn(arg, a);
	}
	return at < active.entries.top ? at : 0;
}

static struct active *
active_new(const struct spool_id *id)
{
	uint32_t	 i = slab_take(&active.entries);
	struct active	*a = active_at(i);

	a->self = i;
	spool_id_put(a->key, id);
	slab_index_add(&active.by_id, active_hash(a->key), i);
	return a;
}

void
active_drop(struct active *a)
{
	uint32_t	at;

	if (a->routing)
		route_leave(a);
	else if (a->place != 0)
		hopset_drop(a->place);
	if (a->prepares)
		prepare_leave(a);
	if (a->prepared)
		prepare_forget(a);
	slab_index_drop(&active.by_id, active_hash(a->key), a->self);
	at = a->self;
	a->self = 0;
	slab_give(&active.entries, at);
	pump_freed();
}

void
active_anew(struct active *a)
{
	struct spool_id	id;

	spool_id_get(&id, a->key);
	active_drop(a);
	pump_one(&id);
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

void
active_subqueue(const struct active *a, struct schedule_subqueue *q,
    struct buf *text, const struct spool_entry *entry)
{
	buf_clear(text);
	buf_add_lower(text, spool_entry_domain(entry));
	*q = (struct schedule_subqueue){ entry->transportid, buf_str(text),
	    entry->tenantid, entry->jobid };
	if (a != NULL && a->prepared)
		prepare_over(a, q);
}

int
active_describe(struct schedule_entry_in *in, struct buf *text,
    const struct spool_id *id, const struct spool_entry *entry)
{
	memset(in, 0, sizeof *in);
	active_subqueue(NULL, &in->subqueue, text, entry);
	in->priority = entry->priority == 1;
	in->deadline_ms = active_deadline(entry);
	memcpy(in->group.transaction, id->txn,
	    sizeof in->group.transaction);
	in->group.edits = entry->edits;
	in->group.digest = active_digest(entry);
	in->digest = entry->flags & (ENTRY_REQUIRETLS |
	    ENTRY_TLS_NOT_REQUIRED);
	return outlets_find(entry->transportid) != NULL ? 0 : -1;
}

static schedule_ref
active_schedule(struct schedule_entry_in *in, const struct hopset *h)
{
	schedule_ref	ref;

	/* Its flags are below. */
	in->digest |= h->number << ACTIVE_FLAGS;
	in->recipients = h->recipients;
	in->grouping = policies_grouping_of(&in->subqueue, h);
	in->known = true;
	ref = schedule_add(delivery_schedule(), in, delivery_now());
	if (ref != (schedule_ref)SCHEDULE_UNKNOWN)
		return ref;
	in->known = false;
	in->candidates = policies_candidates(&in->subqueue, in->grouping, h,
	    &in->candidate_count);
	return schedule_add(delivery_schedule(), in, delivery_now());
}

void
active_limited(const struct active *a, struct schedule_entry_in *in,
    struct buf *text, const struct spool_entry *entry)
{
	const struct hopset	*h;

	active_subqueue(a, &in->subqueue, text, entry);
	if (a->place == 0 || outlets_find(entry->transportid) == NULL)
		return;
	h = hopset_at(a->place);
	in->grouping = policies_grouping_of(&in->subqueue, h);
	in->candidates = policies_candidates(&in->subqueue, in->grouping, h,
	    &in->candidate_count);
}

void
active_apart(struct active *a, const struct schedule_entry_in *in)
{
	struct schedule_entry_in	mine = *in;

	mine.user = (uint64_t)(uintptr_t)a;
	a->ref = schedule_add_sending(delivery_schedule(), &mine,
	    SCHEDULE_NOBODY, delivery_now());
	a->apart = true;
}

/* With its hops known.  There may be nowhere to go: an attempt says so, unless
 * there is none of this mail for now.  Or it runs alone. */
static enum active_result
active_place(struct active *a, struct schedule_entry_in *in, bool poison)
{
	const struct hopset	*h = hopset_at(a->place);
	struct policy_match	 m;
	bool			 nowhere = h->hops.count == 0 &&
				    !policies_suspend(&in->subqueue, &m);

	if (poison || nowhere) {
		active_apart(a, in);
		if (nowhere)
			dispatch_after(a);
		else
			poison_wait(a);
		return ACTIVE_TAKEN;
	}
	in->user = (uint64_t)(uintptr_t)a;
	a->ref = active_schedule(in, h);
	if (a->ref != SCHEDULE_FULL)
		return ACTIVE_TAKEN;
	active_drop(a);
	return ACTIVE_FULL;
}

enum active_result
active_go(struct active *a, const struct spool_entry *entry, uint32_t hopset)
{
	struct schedule_entry_in in;
	struct spool_id		 id;
	bool			 poison = a->alone;

	a->place = hopset;
	a->ref = 0;
	a->apart = a->alone = false;
	spool_id_get(&id, a->key);
	(void)active_describe(&in, &active.text, &id, entry);
	active_subqueue(a, &in.subqueue, &active.text, entry);
	return active_place(a, &in, poison);
}

/* Its hook says where it goes. */
static enum active_result
active_prepare(const struct spool_id *id, struct schedule_entry_in *in,
    bool poison)
{
	struct active	*a;

	if (!poison && !prepare_has_room())
		return ACTIVE_FULL;
	a = active_new(id);
	if (poison) {
		a->alone = true;
		active_apart(a, in);
		poison_wait(a);
	} else
		prepare_wait(a);
	return ACTIVE_TAKEN;
}

enum active_result
active_add(const struct spool_id *id, const struct spool_entry *entry,
    bool poison)
{
	struct schedule_entry_in in;
	struct active		*a;
	struct route		*r;
	uint32_t		 hopset;

	if (active_describe(&in, &active.text, id, entry) == -1)
		return ACTIVE_NOWHERE;
	if (prepare_wanted())
		return active_prepare(id, &in, poison);
	hopset = route_hops(outlets_find(entry->transportid),
	    in.subqueue.recipientdomain, &r);
	a = active_new(id);
	if (hopset == 0) {
		if (route_wait(r, a))
			return ACTIVE_TAKEN;
		active_drop(a);
		return ACTIVE_FULL;
	}
	a->place = hopset;
	hopset_ref(hopset);
	return active_place(a, &in, poison);
}

struct active *
active_add_sending(const struct spool_id *id,
    const struct schedule_entry_in *in)
{
	struct active	*a = active_new(id);

	active_apart(a, in);
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
	if (a->job != NULL || a->apart || (!a->routing && !a->prepares &&
	    !schedule_remove(delivery_schedule(), a->ref)))
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
