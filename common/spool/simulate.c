/*
 * Lives of some cuts each, on a disk of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "bytes.h"
#include "draft.h"
#include "fields.h"
#include "book_started.h"
#include "book_renew.h"
#include "book_table.h"
#include "book_bounce.h"
#include "simulate_private.h"

#define SIM_CUTS	8		/* in one life */
#define SIM_STEPS	40		/* between two cuts, at most */
#define SIM_LONG	6		/* times as many, in some lives */
#define SIM_SEGMENT	(48 * 1024)
#define SIM_JOURNAL	(8 * 1024)
#define SIM_PART	(4 * 1024)
#define SIM_PART_SHORT	512		/* in lives that renew it more often */

uint64_t
sim_random(struct sim *s, uint64_t below)
{
	return disk_fake_random(s->disk, below);
}

char
sim_byte(const struct spool_id *id, uint32_t i)
{
	return (char)(id->txn[15] + id->txn[14] * 3 + i * 31 + (i >> 7));
}

/* The newest first: they are the ones that are looked for. */
struct sim_subject *
sim_find(struct sim *s, const struct spool_id *id)
{
	size_t	i;

	for (i = s->count; i > 0; i--) {
		if (spool_id_same(&s->subject[i - 1].id, id))
			return &s->subject[i - 1];
	}
	return NULL;
}

/* ---- Storing ------------------------------------------------------------- */

static struct sim_subject *
sim_subject_new(struct sim *s, const struct spool_id *id)
{
	struct sim_subject	*sub;

	if (s->count == s->cap) {
		s->cap = s->cap == 0 ? 64 : s->cap * 2;
		s->subject = xreallocarray(s->subject, s->cap,
		    sizeof *s->subject);
	}
	sub = &s->subject[s->count++];
	memset(sub, 0, sizeof *sub);
	sub->id = *id;
	sub->states = 1;
	return sub;
}

static void
sim_draft_body(struct spool_draft *d, const struct spool_id *id,
    uint32_t len)
{
	static char	body[8192];
	uint32_t	i;

	for (i = 0; i < len; i++)
		body[i] = sim_byte(id, i);
	(void)spool_draft_body(d, (struct str){ body, len }, NULL);
}

/* Of two names some. */
static void
sim_quotas(struct sim *s, struct buf *out)
{
	uint64_t	which = sim_random(s, 6);

	if (which == 1 || which == 3)
		fields_list_add(out, STR("a"));
	if (which == 2 || which == 3)
		fields_list_add(out, STR("b"));
}

static void
sim_draft_entry(struct sim *s, struct spool_draft *d,
    const struct spool_id *id, uint32_t len)
{
	struct spool_entry	entry = { .queue = id->queue, .size = len,
				    .sender = STR("s@example.com"),
				    .recipient = STR("r@example.com") };
	struct sim_subject	*sub = sim_subject_new(s, id);
	struct buf		b = BUF_INIT, quotas = BUF_INIT;

	sub->body_len = len;
	sim_quotas(s, &quotas);
	entry.quotas = buf_str(&quotas);
	if (sim_random(s, 4) == 0)
		entry.flags = ENTRY_HOLD;
	else if (sim_random(s, 4) == 0)
		entry.delay_ms = 1000;
	sub->at[0].state = (entry.flags & ENTRY_HOLD) != 0 ? STATE_HOLD :
	    entry.delay_ms > 0 ? STATE_DEFER : STATE_READY;
	(void)spool_entry_put(&b, &entry, NULL);
	(void)spool_draft_entry(d, buf_str(&b), NULL);
	buf_free(&b);
	buf_free(&quotas);
}

/* txn 0: another one. */
static struct spool_draft *
sim_draft(struct sim *s, uint64_t txn)
{
	struct spool_draft	*d;
	struct spool_id		 id;
	uint32_t		 entries = 1 + (uint32_t)sim_random(s, 3);
	uint32_t		 len = (uint32_t)sim_random(s, 6000);

	memset(&id, 0, sizeof id);
	bytes_put(id.txn + 8, txn != 0 ? txn : ++s->next_txn, 8);
	if (txn != 0)
		entries = 1;
	d = spool_draft_new(&id);
	sim_draft_body(d, &id, len);
	for (id.queue = 1; id.queue <= entries; id.queue++) {
		sim_draft_entry(s, d, &id, len);
		s->subject[s->count - 1].tells = txn != 0;
	}
	(void)spool_draft_end(d, NULL);
	s->report->transactions++;
	return d;
}

static void
sim_acknowledge(struct sim *s, const struct spool_id *id)
{
	size_t	i;

	for (i = s->count; i > 0; i--) {
		if (memcmp(s->subject[i - 1].id.txn, id->txn,
		    SPOOL_TXN_SIZE) == 0)
			s->subject[i - 1].acknowledged = true;
	}
	s->report->acknowledged++;
}

/* A group of transactions, and the hint that follows. */
static int
sim_store(struct sim *s, uint64_t txn, struct err *e)
{
	struct spool_draft	*d[4];
	struct spool_place	 end;
	int			 i, n = 1 + (int)sim_random(s, 4), rc = 0;

	for (i = 0; i < n; i++) {
		d[i] = sim_draft(s, i == 0 ? txn : 0);
		if (spool_writer_stage(s->writer, d[i], e) == -1)
			rc = -1;
	}
	if (rc == 0)
		rc = spool_writer_commit(s->writer, e);
	for (i = 0; i < n; i++) {
		if (rc == 0)
			sim_acknowledge(s, spool_draft_id(d[i]));
		spool_draft_free(&d[i]);
	}
	if (rc == -1)
		return 0;	/* refused; the writer goes on */
	end = spool_writer_durable(s->writer);
	return book_hint(s->book, end.segment, end.offset, e);
}

/* ---- Changing ------------------------------------------------------------ */

/* A notification is left alone until its parent knows of it. */
static struct sim_subject *
sim_pick(struct sim *s)
{
	struct sim_subject	*sub;
	int			 tries;

	for (tries = 0; tries < 8 && s->count > 0; tries++) {
		sub = &s->subject[sim_random(s, s->count)];
		if (sub->acknowledged && !sub->at[sub->states - 1].gone &&
		    sub->states < SIM_STATES && (!sub->tells ||
		    sub->at[sub->states - 1].taken))
			return sub;
	}
	return NULL;
}

/* By a transaction that is yet to come. */
static void
sim_bounces(struct sim *s, struct sim_subject *sub, struct entry_state *state,
    unsigned char txn[SPOOL_TXN_SIZE])
{
	sub->bounce = ++s->next_txn;
	memset(txn, 0, SPOOL_TXN_SIZE);
	bytes_put(txn + 8, sub->bounce, 8);
	state->bounce_txn = (struct str){ (char *)txn, SPOOL_TXN_SIZE };
	state->bounce_action = ENTRY_ACTION_FAILED;
}

static int
sim_change(struct sim *s, struct err *e)
{
	struct sim_subject	*sub = sim_pick(s);
	struct buf		 pairs = BUF_INIT, quotas = BUF_INIT;
	struct entry_state	 state;
	struct sim_state	*next;
	unsigned char		 mark[8], txn[SPOOL_TXN_SIZE];
	int			 rc;

	if (sub == NULL)
		return 0;
	if ((rc = book_state(s->book, &sub->id, &state, e)) != 0)
		return rc == 1 ? err_set(e, "an entry to be changed is not "
		    "there") : -1;
	next = &sub->at[sub->states];
	*next = sub->at[sub->states - 1];
	state.state = next->state = (uint8_t)sim_random(s, STATE_MAX);
	if (state.state == STATE_BOUNCING)
		sim_bounces(s, sub, &state, txn);
	state.retry = next->retry = (uint16_t)(next->retry + sim_random(s, 2));
	state.due_ms = next->due_ms = (uint64_t)book_now(s->book) +
	    sim_random(s, 5000);
	if (sim_random(s, 2) == 0) {
		next->mark = ++s->next_mark;
		bytes_put(mark, next->mark | 1ULL << 62, 8);
		for (rc = 0; rc < 8; rc++)
			mark[rc] = (unsigned char)('a' + mark[rc] % 16);
		fields_list_add(&pairs, STR("mark"));
		fields_list_add(&pairs, (struct str){ (char *)mark, 8 });
		state.metadata = buf_str(&pairs);
		state.changed |= STATE_CHANGED_METADATA;
		memcpy(&next->mark, mark, 8);
	}
	if (sim_random(s, 3) == 0) {
		sim_quotas(s, &quotas);
		state.quotas = buf_str(&quotas);
		state.changed |= STATE_CHANGED_QUOTAS;
	}
	rc = book_change(s->book, &sub->id, &state, e);
	buf_free(&pairs);
	buf_free(&quotas);
	if (rc == 0)
		sub->states++;
	return rc == 1 ? err_set(e, "an entry went while it was changed") :
	    rc;
}

static int
sim_end(struct sim *s, struct err *e)
{
	struct sim_subject	*sub = sim_pick(s);
	int			 rc;

	if (sub == NULL)
		return 0;
	if ((rc = book_done(s->book, &sub->id, SPOOL_END_DELIVERED, e)) != 0)
		return rc == 1 ? err_set(e, "an entry to be ended is not "
		    "there") : -1;
	sub->at[sub->states] = sub->at[sub->states - 1];
	sub->at[sub->states++].gone = true;
	return 0;
}

/* Its sender's notification is there once it is stored, by whom it is asked for
 * or by who was before him; the two are noted together. */
static int
sim_take(struct sim *s, struct err *e)
{
	struct sim_subject	*sub = sim_pick(s), *child;
	struct spool_id		 id = { .queue = 1 };
	size_t			 at;
	int			 rc;

	if (sub == NULL || sub->bounce == 0 || sub->at[sub->states -
	    1].state != STATE_BOUNCING)
		return 0;
	at = (size_t)(sub - s->subject);
	bytes_put(id.txn + 8, sub->bounce, 8);
	if (sim_find(s, &id) == NULL && sim_store(s, sub->bounce, e) == -1)
		return -1;
	sub = &s->subject[at];
	if ((child = sim_find(s, &id)) == NULL || !child->acknowledged ||
	    child->at[child->states - 1].gone || child->states >= SIM_STATES)
		return 0;
	if ((rc = book_take(s->book, &id, &sub->id, e)) != 0)
		return rc == 1 ? err_set(e, "a notification that is not "
		    "known") : -1;
	child->at[child->states] = child->at[child->states - 1];
	child->at[child->states++].taken = true;
	sub->at[sub->states] = sub->at[sub->states - 1];
	sub->at[sub->states].told = true;
	sub->at[sub->states++].gone = true;
	return 0;
}

/* There is no room for it; or an attempt begins.  Neither can be seen but by
 * who is to make attempts. */
static int
sim_attempt(struct sim *s, struct err *e)
{
	struct sim_subject	*sub = sim_pick(s);

	if (sub == NULL)
		return 0;
	if (sim_random(s, 2) == 0)
		return book_started(s->book, &sub->id, 1, e);
	return book_wait(s->book, &sub->id, e) == -1 ? -1 : 0;
}

/* Some of a table.  Where that fails nothing is lost. */
static int
sim_tables(struct sim *s, struct err *e)
{
	uint64_t	slices = 1 + sim_random(s, 12);

	while (slices-- > 0 && book_tables(s->book, 0, e) == 1)
		;
	return disk_fake_dead(s->disk) ? -1 : 0;
}

/* Some of a compaction; the rest comes later, or never. */
static int
sim_slices(struct sim *s, int (*slice)(struct book *, struct err *),
    uint64_t most, struct err *e)
{
	uint64_t	slices = 1 + sim_random(s, most);
	int		rc = 1;

	while (slices-- > 0 && rc == 1)
		rc = slice(s->book, e);
	return rc == -1 ? -1 : 0;
}

/* Some of the journal's front is told again. */
static int
sim_renew(struct sim *s, struct err *e)
{
	struct book_counts	before, now;
	int			rc;

	book_count(s->book, &before);
	rc = sim_slices(s, book_renew, 8, e);
	book_count(s->book, &now);
	s->report->renewed += now.renewed - before.renewed;
	return rc;
}

/* What was asked for so far is confirmed. */
static int
sim_sync(struct sim *s, struct err *e)
{
	size_t	i;

	if (book_sync(s->book, e) == -1)
		return -1;
	for (i = 0; i < s->count; i++) {
		s->report->changes += (uint64_t)s->subject[i].states - 1;
		s->subject[i].at[0] = s->subject[i].at[s->subject[i].states -
		    1];
		s->subject[i].states = 1;
	}
	return 0;
}

/* ---- Lives --------------------------------------------------------------- */

static void
sim_damage(void *arg, const char *what)
{
	struct sim	*s = arg;

	(void)what;
	s->damaged++;
}

int
sim_open_book(struct sim *s, struct err *e)
{
	struct book_options	o = { .disk = s->disk,
				    .index_ops = &kv_model_ops,
				    .index_arg = s->index,
				    .journal_size = SIM_JOURNAL,
				    .journal_part = SIM_PART,
				    .journal_short = s->life % 4 > 1,
				    .compact_slice = 16,
				    .compact_soon = true,
				    .reuse_shown = true,
				    .memory_limit = 20,
				    .events = { .damage = sim_damage,
				    .arg = s } };
	struct book_counts	counts;
	struct spool_place	end;

	if (s->life % 4 > 0) {
		o.journal_size = 2 * SIM_PART_SHORT;
		o.journal_part = SIM_PART_SHORT;
	}
	o.time = s->time;
	if (book_open(&s->book, &o, e) == -1)
		return -1;
	book_count(s->book, &counts);
	s->report->tables += counts.tables;
	if (s->writer == NULL)
		return 0;
	end = spool_writer_durable(s->writer);
	return book_hint(s->book, end.segment, end.offset, e);
}

static int
sim_open(struct sim *s, struct err *e)
{
	if (spool_writer_open(&s->writer, s->disk, SIM_SEGMENT, e) == -1)
		return -1;
	return sim_open_book(s, e);
}

static void
sim_close(struct sim *s)
{
	book_close(&s->book);
	if (s->writer != NULL)
		s->report->again += spool_writer_counts(s->writer)->again;
	spool_writer_close(&s->writer);
}

static int
sim_step(struct sim *s, struct err *e)
{
	s->time.mono_ms += (int64_t)sim_random(s, 700);
	s->time.wall_ms += (int64_t)sim_random(s, 700);
	switch (sim_random(s, 19)) {
	case 0:
	case 1:
	case 2:
		return sim_store(s, 0, e);
	case 3:
	case 4:
	case 5:
		return sim_change(s, e);
	case 6:
	case 7:
		return sim_end(s, e);
	case 13:
		return sim_attempt(s, e);
	case 14:
		return sim_tables(s, e);
	case 15:
	case 16:
		return sim_take(s, e);
	case 8:
		return sim_sync(s, e);
	case 9:
		return book_checkpoint(s->book, e);
	case 11:
		return sim_slices(s, book_compact, 3, e);
	case 17:
	case 18:
		return sim_renew(s, e);
	case 10:
		while (spool_writer_prepare(s->writer) == 1 &&
		    sim_random(s, 4) > 0)
			;
		return 0;
	default:
		return book_tick(s->book, s->time, e);
	}
}

/* Until something fails, which is no fault; -1: a promise was broken. */
static int
sim_work(struct sim *s, struct err *e)
{
	enum disk_fault	fault;
	/* In some lives much happens between two cuts. */
	uint64_t	times = s->life % 64 == 3 ? SIM_LONG : 1;
	uint64_t	steps = 1 + sim_random(s, SIM_STEPS * times);

	fault = (enum disk_fault)sim_random(s, DISK_FAULTS);
	disk_fake_fault(s->disk, fault, 1 + sim_random(s, 400 * times));
	s->report->faults[fault]++;
	if (sim_open(s, e) == -1)
		return 0;
	while (steps-- > 0 && sim_step(s, e) == 0) {
		if (!disk_fake_dead(s->disk) && sim_random(s, 60) == 0 &&
		    sim_restart_book(s, e) == -1)
			return -1;
	}
	return 0;
}

/* All processes are gone; with the power goes what was not synced.  The wall
 * clock may be anywhere afterwards. */
static void
sim_cut(struct sim *s)
{
	bool	power;

	/* It may be then that the power goes. */
	sim_close(s);
	power = disk_fake_dead(s->disk) || sim_random(s, 2) == 0;
	if (power) {
		disk_fake_power_cut(s->disk);
		s->report->power_cuts++;
	} else {
		disk_fake_kill(s->disk);
	}
	disk_fake_fault(s->disk, DISK_FAULT_NONE, 0);
	kv_model_crash(s->index, sim_random(s, kv_model_unflushed(s->index) +
	    1));
	if (sim_random(s, 10) == 0)
		kv_model_damage(s->index);
	s->time.mono_ms = (int64_t)sim_random(s, 1000);
	s->time.wall_ms += (int64_t)sim_random(s, 2000000) - 1000000;
	s->report->cuts++;
}

static int
sim_life(struct sim *s, struct err *e)
{
	int	cut;

	for (cut = 0; cut < SIM_CUTS; cut++) {
		if (sim_work(s, e) == -1) {
			sim_close(s);
			return -1;
		}
		sim_cut(s);
		if (sim_open(s, e) == -1) {
			err_wrap(e, "after cut %d it does not start", cut + 1);
			sim_close(s);
			return -1;
		}
		if (sim_check(s, e) == -1) {
			err_wrap(e, "after cut %d", cut + 1);
			sim_close(s);
			return -1;
		}
		sim_close(s);
		disk_fake_kill(s->disk);
	}
	return 0;
}

static int
sim_life_of(uint64_t seed, struct simulate_report *report, struct err *e)
{
	struct sim	s;
	int		rc;

	memset(&s, 0, sizeof s);
	s.disk = disk_fake_new(seed);
	s.index = kv_model_new();
	s.report = report;
	s.life = seed;
	s.time.wall_ms = 1700000000000;
	rc = sim_life(&s, e);
	free(s.subject);
	kv_model_free(&s.index);
	disk_free(&s.disk);
	return rc == -1 ? err_wrap(e, "seed %llu", (unsigned long long)seed) :
	    0;
}

int
spool_simulate(const struct simulate_options *o,
    struct simulate_report *report, struct err *e)
{
	uint64_t	life;

	memset(report, 0, sizeof *report);
	for (life = 0; report->cuts < o->cuts; life++) {
		if (sim_life_of(o->seed + life, report, e) == -1)
			return -1;
		if (o->progress != NULL)
			o->progress(o->arg, report->cuts, o->cuts);
	}
	return 0;
}
