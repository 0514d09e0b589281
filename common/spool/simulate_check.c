/*
 * What is there after a cut, held against what was promised.
 */
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "fields.h"
#include "scan.h"
#include "book_envelope.h"
#include "book_quota.h"
#include "table.h"
#include "book_wait.h"
#include "book_walk.h"
#include "simulate_private.h"

static const char *
sim_text(const struct spool_id *id)
{
	static char	text[SPOOL_ID_TEXT];

	spool_id_text(text, id);
	return text + 24;	/* the rest of it is zeros */
}

static uint64_t
sim_mark_of(struct str metadata)
{
	struct str	key, value;
	uint64_t	mark = 0;

	if (fields_list_next(&metadata, &key) == 0 &&
	    fields_list_next(&metadata, &value) == 0 && value.len == 8)
		memcpy(&mark, value.p, 8);
	return mark;
}

/* Which of the subject's states this is; -1: none.  One that the journal does
 * not know may be due at the same time as one that was lost. */
static int
sim_match(const struct sim_subject *sub, const struct book_entry *entry,
    uint64_t mark, bool taken)
{
	const struct sim_state	*at;
	int			 i;

	for (i = sub->states - 1; i >= 0; i--) {
		at = &sub->at[i];
		if (!at->gone && at->taken == taken &&
		    at->state == entry->state && at->retry == entry->retry &&
		    at->mark == mark && (at->due_ms == 0 ||
		    (at->due_ms == (uint64_t)entry->due_ms &&
		    entry->journal > 0)))
			return i;
	}
	return -1;
}

static int
sim_check_body(struct sim *s, const struct sim_subject *sub, struct err *e)
{
	struct book_envelope	envelope;
	struct spool_place	place;
	struct disk_file	*f;
	struct buf		body = BUF_INIT;
	struct record		r;
	char			name[SEGMENT_NAME];
	uint32_t		i;
	int			rc;

	if (book_envelope(s->book, &sub->id, &envelope, e) != 0)
		return err_wrap(e, "%s: its envelope", sim_text(&sub->id));
	place = (struct spool_place){ envelope.segment, envelope.body };
	segment_name(name, place.segment);
	if (disk_open(s->disk, name, DISK_READ, &f) == -1)
		return err_errno(e, "%s", name);
	rc = scan_record_at(f, &place, &r, &body, e);
	disk_close(&f);
	if (rc == 0 && body.len != sub->body_len)
		rc = 1;
	for (i = 0; rc == 0 && i < sub->body_len; i++) {
		if (buf_data(&body)[i] != sim_byte(&sub->id, i))
			rc = 1;
	}
	buf_free(&body);
	return rc == 0 ? 0 : err_set(e, "%s: its body is not what it was",
	    sim_text(&sub->id));
}

static int
sim_seen(void *arg, const struct spool_id *id, const struct book_entry *entry,
    const struct spool_entry *accepted)
{
	struct sim		*s = arg;
	struct sim_subject	*sub = sim_find(s, id);

	(void)entry;
	(void)accepted;
	if (sub == NULL) {
		s->stranger = *id;
		return -1;
	}
	sub->seen++;
	return 0;
}

static int
sim_walk(struct sim *s, struct err *e)
{
	struct book_cursor	cursor = { 0, 0, 0 };
	size_t			i;
	int			rc;

	for (i = 0; i < s->count; i++)
		s->subject[i].seen = 0;
	memset(&s->stranger, 0, sizeof s->stranger);
	do
		rc = book_walk(s->book, &cursor, 10, sim_seen, s, e);
	while (rc == 0);
	if (rc == -1 && s->stranger.queue != 0)
		return err_set(e, "%s: there, and it was never made or has "
		    "ended", sim_text(&s->stranger));
	return rc == 1 ? 0 : -1;
}

/* One that may be gone, or that was never acknowledged, may be missing. */
static bool
sim_may_miss(const struct sim_subject *sub)
{
	int	i;

	if (!sub->acknowledged && !sub->known)
		return true;
	for (i = 0; i < sub->states; i++) {
		if (sub->at[i].gone)
			return true;
	}
	return false;
}

/* What a living entry is counted under: as it was changed last, or as it was
 * accepted. */
static int
sim_check_quotas(struct sim *s, const struct sim_subject *sub,
    const struct entry_state *state, struct err *e)
{
	struct book_envelope	envelope;
	struct str		list = state->quotas, name;
	int			which;

	if ((state->changed & STATE_CHANGED_QUOTAS) == 0) {
		if (book_envelope(s->book, &sub->id, &envelope, e) != 0)
			return err_wrap(e, "%s: its envelope",
			    sim_text(&sub->id));
		list = envelope.entry.quotas;
	}
	while (fields_list_next(&list, &name) == 0) {
		which = str_eq(name, STR("b"));
		s->quota[which]++;
		s->quota_bytes[which] += sub->body_len;
	}
	return 0;
}

static int
sim_check_totals(struct sim *s, struct err *e)
{
	static const char	*const names[] = { "a", "b" };
	uint64_t		 count, bytes;
	size_t			 i;

	for (i = 0; i < 2; i++) {
		if (book_quota(s->book, str_of(names[i]), &count,
		    &bytes) == -1 || count != s->quota[i] ||
		    bytes != s->quota_bytes[i])
			return err_set(e, "quota %s: it says %llu entries, "
			    "%llu bytes; there are %llu, %llu", names[i],
			    (unsigned long long)count,
			    (unsigned long long)bytes,
			    (unsigned long long)s->quota[i],
			    (unsigned long long)s->quota_bytes[i]);
	}
	return 0;
}

static int
sim_check_subject(struct sim *s, struct sim_subject *sub, struct err *e)
{
	struct book_entry	entry;
	struct entry_state	state;
	int			rc, which;

	if ((rc = book_get(s->book, &sub->id, &entry, e)) == -1)
		return -1;
	if (sub->seen != (rc == 0))
		return err_set(e, "%s: found %d times by a walk, %s by its id",
		    sim_text(&sub->id), sub->seen, rc == 0 ? "and" : "not");
	if (rc == 1 && !sim_may_miss(sub))
		return err_set(e, "%s: acknowledged, and not there",
		    sim_text(&sub->id));
	/* A store that was refused may be there once its writer comes back:
	 * its bytes may have got to the disk. */
	if (rc == 1 && !sub->acknowledged && !sub->known && s->writing)
		return 0;
	if (rc == 1) {
		sub->at[0] = sub->at[sub->states - 1];
		sub->at[0].gone = sub->acknowledged = true;
		sub->states = 1;
		return 0;
	}
	if (book_state(s->book, &sub->id, &state, e) != 0)
		return err_wrap(e, "%s: its state", sim_text(&sub->id));
	which = sim_match(sub, &entry, sim_mark_of(state.metadata),
	    state.taken);
	if (which == -1)
		return err_set(e, "%s: state %d, retry %d, due %lld is none "
		    "that it had (%d, %d, %llu)", sim_text(&sub->id),
		    entry.state, entry.retry, (long long)entry.due_ms,
		    sub->at[0].state, sub->at[0].retry,
		    (unsigned long long)sub->at[0].due_ms);
	if (sim_check_quotas(s, sub, &state, e) == -1)
		return -1;
	sub->at[0] = sub->at[which];
	sub->states = 1;
	/* It is there now: whoever asks again is told so. */
	sub->acknowledged = sub->known = true;
	return sim_check_body(s, sub, e);
}

/* Of one that is gone since its sender is told, that is there, and known as
 * such; or it went itself since.  It is looked for before the ended ones are
 * forgotten. */
static int
sim_check_told(struct sim *s, const struct sim_subject *sub, struct err *e)
{
	struct entry_state	state;
	struct spool_id		id = { .queue = 1 };
	const struct sim_subject *child;
	int			rc;

	if (!sub->at[0].gone || !sub->at[0].told)
		return 0;
	bytes_put(id.txn + 8, sub->bounce, 8);
	if ((rc = book_state(s->book, &id, &state, e)) == -1)
		return -1;
	child = sim_find(s, &id);
	if (rc == 0 ? state.taken : child == NULL || child->at[0].gone)
		return 0;
	return err_set(e, "%s: it has ended, and its notification is %s",
	    sim_text(&sub->id), rc == 0 ? "not known as such" : "lost");
}

static int
sim_check_counts(struct sim *s, struct err *e)
{
	struct book_counts	counts;
	uint64_t		entries = 0, held = 0, deferred = 0;
	uint64_t		bouncing = 0;
	size_t			i;

	for (i = 0; i < s->count; i++) {
		if (s->subject[i].seen == 0)
			continue;
		entries++;
		held += s->subject[i].at[0].state == STATE_HOLD;
		deferred += s->subject[i].at[0].state == STATE_DEFER;
		bouncing += s->subject[i].at[0].state == STATE_BOUNCING;
	}
	book_count(s->book, &counts);
	if (counts.entries != entries || counts.held != held ||
	    counts.deferred != deferred || counts.bouncing != bouncing)
		return err_set(e, "it counts %llu entries, %llu held, %llu "
		    "deferred; there are %llu, %llu, %llu",
		    (unsigned long long)counts.entries,
		    (unsigned long long)counts.held,
		    (unsigned long long)counts.deferred,
		    (unsigned long long)entries, (unsigned long long)held,
		    (unsigned long long)deferred);
	return 0;
}

static int
sim_waits(void *arg, const struct spool_id *id, const struct book_entry *entry)
{
	struct sim_subject	*sub = sim_find(arg, id);

	(void)entry;
	if (sub == NULL)
		return -1;
	sub->waits++;
	return 0;
}

static int
sim_walk_waits(struct sim *s, struct err *e)
{
	struct book_look	look = { .most = 10, .fn = sim_waits,
				    .arg = s };
	uint64_t		queue = 0;
	int			rc;

	(void)err_set(e, "an entry waits that was never made");
	while ((rc = book_due(s->book, &look, INT64_MAX, e)) == 0)
		;
	while (rc == 1 && (rc = book_ready_queue(s->book, &queue, e)) == 0) {
		look.at_len = 0;
		while ((rc = book_ready(s->book, &look, queue, e)) == 0)
			;
	}
	return rc == -1 ? -1 : 0;
}

/* Who waits is found by when it is due, or in its sub-queue, once; but for
 * those that were read just now, and are in memory alone. */
static int
sim_check_waits(struct sim *s, struct err *e)
{
	struct book_counts	counts;
	struct sim_subject	*sub;
	uint64_t		missing = 0;
	size_t			i;

	for (i = 0; i < s->count; i++)
		s->subject[i].waits = 0;
	if (sim_walk_waits(s, e) == -1)
		return -1;
	for (i = 0; i < s->count; i++) {
		sub = &s->subject[i];
		if (sub->waits > 1 || (sub->waits == 1 && (sub->seen == 0 ||
		    sub->at[0].state == STATE_HOLD)) || (sub->waits == 0 &&
		    sub->seen > 0 && sub->at[0].state == STATE_DEFER))
			return err_set(e, "%s: state %d, and it waits %d times",
			    sim_text(&sub->id), sub->at[0].state, sub->waits);
		missing += sub->waits == 0 && sub->seen > 0 &&
		    sub->at[0].state == STATE_READY;
	}
	book_count(s->book, &counts);
	return missing <= counts.in_memory ? 0 : err_set(e, "%llu entries are "
	    "ready, in no sub-queue and not in memory",
	    (unsigned long long)missing);
}

static int
sim_check_book(struct sim *s, struct err *e)
{
	size_t	i;

	memset(s->quota, 0, sizeof s->quota);
	memset(s->quota_bytes, 0, sizeof s->quota_bytes);
	if (sim_walk(s, e) == -1)
		return -1;
	for (i = 0; i < s->count; i++) {
		if (sim_check_subject(s, &s->subject[i], e) == -1)
			return -1;
	}
	for (i = 0; i < s->count; i++) {
		if (sim_check_told(s, &s->subject[i], e) == -1)
			return -1;
	}
	if (s->damaged > s->spoilt)
		return err_set(e, "damage where nothing was damaged");
	if (sim_check_counts(s, e) == -1 || sim_check_totals(s, e) == -1)
		return -1;
	return sim_check_waits(s, e);
}

static int
sim_spoil(void *arg, const char *name)
{
	struct sim		*s = arg;
	struct disk_file	*f;
	char			 path[DISK_NAME_MAX];
	uint64_t		 size;
	unsigned char		 byte;

	(void)snprintf(path, sizeof path, TABLE_DIR "/%s", name);
	switch (sim_random(s, 4)) {
	case 0:
		s->spoilt++;
		(void)disk_unlink(s->disk, path);
		return -1;		/* the list has changed */
	case 1:
		if (disk_open(s->disk, path, DISK_WRITE, &f) == -1)
			return 0;
		if (disk_size(f, &size) == 0 && size > 0) {
			size = sim_random(s, size);
			(void)disk_read(f, &byte, 1, size);
			byte ^= (unsigned char)(1 + sim_random(s, 255));
			(void)disk_write_bytes(f, &byte, 1, size);
			s->spoilt++;
		}
		disk_close(&f);
		return 0;
	default:
		return 0;
	}
}

/* An index that is made anew, also where tables are damaged or gone. */
static int
sim_check_anew(struct sim *s, struct err *e)
{
	int	rc;

	book_close(&s->book);
	kv_model_damage(s->index);
	s->report->rebuilds++;
	(void)disk_list(s->disk, TABLE_DIR, sim_spoil, s);
	rc = sim_open_book(s, e) == -1 ? -1 : sim_check_book(s, e);
	s->spoilt = s->damaged = 0;
	return rc == -1 ? err_wrap(e, "with an index made anew") : 0;
}

/* Ended entries are not asked for any more. */
static void
sim_forget(struct sim *s)
{
	size_t	i, n = 0;

	for (i = 0; i < s->count; i++) {
		if (!s->subject[i].at[0].gone)
			s->subject[n++] = s->subject[i];
	}
	s->count = n;
}

int
sim_check(struct sim *s, struct err *e)
{
	if (sim_check_book(s, e) == -1)
		return -1;
	if (sim_random(s, 4) == 0 && sim_check_anew(s, e) == -1)
		return -1;
	sim_forget(s);
	return 0;
}

/* The keeper of the book alone is killed, and comes back; the writer goes on.
 * What it has then is held against what was promised at once. */
int
sim_restart_book(struct sim *s, struct err *e)
{
	disk_fake_fault(s->disk, DISK_FAULT_NONE, 0);
	book_close(&s->book);
	kv_model_crash(s->index, sim_random(s, kv_model_unflushed(s->index) +
	    1));
	s->writing = true;
	if (sim_open_book(s, e) == -1 || sim_check(s, e) == -1)
		return err_wrap(e, "after a restart of the book alone");
	s->writing = false;
	return 0;
}
