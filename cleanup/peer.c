/*
 * Those who store: workers of smtpd, deliver and bounce, and an administrator
 * who brings back what was exported.
 *
 * A peer tells one transaction after the other.  It may send as much as it
 * has credit for; what a transaction holds in memory is given back when it is
 * written or dropped, so that nobody can make this process grow.  A peer that
 * leaves takes along what it had not ended.
 *
 * Any of them may have been taken over.  One that breaks these rules is cut
 * off; and a transaction that does not end is dropped, since a part of it may
 * keep a segment from being left.
 */
#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/fatal.h"
#include "base/mem.h"
#include "event/gate.h"
#include "ipc/channel.h"
#include "spool/entry.h"
#include "store/store.h"

#include "cleanup.h"

#define PEERS_MAX	4096
#define INTAKES_MAX	20000		/* of a peer */
#define LARGES_MAX	128		/* of a peer; each has descriptors */
#define CREDIT_BYTES	(4 << 20)	/* of a peer */
#define EXCESS_MAX	262144		/* a frame, for the last of it */
#define OPEN_MAX_MS	120000		/* from BEGIN to END */
#define SWEEP_MS	5000
#define PART_BYTES	(256 * 1024)	/* of a draft: to be written */
#define UNREAD_MAX	(16U << 20)

/* ---- Intakes ------------------------------------------------------------- */

static void
peer_pay(struct peer *p, uint64_t bytes)
{
	p->owed += bytes;
	if (p->owed < CREDIT_BYTES / 4 || p->leaving)
		return;
	CHANNEL_SEND(p->channel, STORE_CREDIT, -1, { .bytes = p->owed });
	p->used -= p->owed;
	p->owed = 0;
}

/* -1: it sends more than it was given credit for. */
static int
peer_charge(struct peer *p, uint64_t bytes)
{
	p->used += bytes;
	return p->used > CREDIT_BYTES + EXCESS_MAX ? -1 : 0;
}

void
intake_release(struct intake *in, uint64_t bytes)
{
	in->held -= bytes;
	peer_pay(in->peer, bytes);
}

static void
intake_free(struct intake *in)
{
	struct peer	*p = in->peer;

	group_remove(in);
	p->larges -= in->large != NULL;
	large_free(&in->large, in->durable ? LARGE_STAYS :
	    in->doubtful ? LARGE_DOUBT : LARGE_GOES);
	if (in->draft != NULL && !in->durable) {
		spool_writer_forget(cleanup.writer, in->draft);
		/* Others may have waited for its part to end. */
		loop_defer(cleanup.worker->loop, &cleanup.turn);
	}
	spool_draft_free(&in->draft);
	buf_free(&in->edits);
	TAILQ_REMOVE(&p->intakes, in, link);
	p->count--;
	peer_pay(p, in->held);
	free(in);
}

void
intake_answer(struct intake *in, int status, const char *text)
{
	struct ipc_STORE_DURABLE	m = { .store = in->number,
					    .status = (uint32_t)status };

	(void)strlcpy(m.text, text, sizeof m.text);
	if (!in->peer->leaving)
		CHANNEL_PUT(in->peer->channel, STORE_DURABLE, -1, &m);
	intake_free(in);
}

/* It is told of one at a time: the last. */
static struct intake *
intake_find(struct peer *p, uint64_t number)
{
	struct intake	*in = TAILQ_LAST(&p->intakes, intakes);

	return in != NULL && in->number == number ? in : NULL;
}

static void
intake_refuse(struct intake *in, const char *why)
{
	LOG(EV_STORE_REFUSED, NULL, LOG_STR("reason", why));
	intake_answer(in, STORE_REFUSED, why);
}

/*
 * Only bounce makes mail that tells of other mail, and no other mail: it names
 * what it tells of, and has no sender, so that nobody is told of it; and one
 * recipient.
 */
static bool
intake_may_say(const struct peer *p, struct str bytes)
{
	struct spool_entry	entry;
	struct err		e;

	if (spool_entry_get(&entry, bytes, &e) == -1)
		return true;		/* the draft says what is wrong */
	if (p->role != IPC_BOUNCE)
		return entry.parent.len == 0 && entry.parent_action == 0;
	return entry.parent.len != 0 && entry.parent_action != 0 &&
	    entry.sender.len == 0 && entry.queue == 1;
}

/* What of it is complete may be written, if it is much. */
static void
intake_grown(struct intake *in, uint64_t bytes)
{
	in->held += bytes;
	if (spool_draft_body_done(in->draft) && !in->pending &&
	    spool_draft_waiting(in->draft) >= PART_BYTES)
		group_add(in);
}

static void
intake_end(struct intake *in)
{
	struct err	e;

	if (in->known) {
		intake_answer(in, STORE_DURABLE, STORE_KNOWN);
		return;
	}
	if (spool_draft_end(in->draft, &e) == -1) {
		intake_refuse(in, e.text);
		return;
	}
	group_remove(in);
	in->ended = true;
	if (!in->pending)
		group_add(in);
}

void
intake_large_ready(struct intake *in, bool ok, uint32_t crc)
{
	in->pending = false;
	if (!ok) {
		intake_answer(in, STORE_TEMPORARY,
		    "the body can't be written");
		return;
	}
	spool_draft_file_sum(in->draft, crc);
	if (in->ended)
		group_add(in);
	else
		intake_grown(in, 0);	/* its peer may wait for credit */
}

/* ---- Frames -------------------------------------------------------------- */

static int
peer_on_hello(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_HELLO	m;

	if (ipc_get_STORE_HELLO(r, &m) == -1 || p->known ||
	    m.table_hash != ipc_table_hash())
		return -1;
	p->known = true;
	CHANNEL_SEND(p->channel, STORE_CREDIT, -1,
	    { .bytes = CREDIT_BYTES });
	return 0;
}

static int
peer_on_begin(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_BEGIN	m;
	struct intake		*in;
	struct spool_id		id = { { 0 }, 0 }, none = id;

	in = TAILQ_LAST(&p->intakes, intakes);
	if (ipc_get_STORE_BEGIN(r, &m) == -1 ||
	    m.txn.len != SPOOL_TXN_SIZE || p->count >= INTAKES_MAX ||
	    (in != NULL && !in->ended))
		return -1;
	memcpy(id.txn, m.txn.p, SPOOL_TXN_SIZE);
	if (memcmp(id.txn, none.txn, SPOOL_TXN_SIZE) == 0)
		return -1;
	in = xcalloc(1, sizeof *in);
	in->peer = p;
	in->number = m.store;
	in->began_ms = loop_now_ms(cleanup.worker->loop);
	TAILQ_INSERT_TAIL(&p->intakes, in, link);
	p->count++;
	if ((in->known = spool_writer_has(cleanup.writer, &id)))
		return 0;
	if (cleanup.dry || (cleanup.full && p->role != IPC_BOUNCE)) {
		intake_answer(in, STORE_FULL, "the spool is full");
		return 0;
	}
	in->draft = spool_draft_new(&id);
	return 0;
}

static int
peer_on_body(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_BODY	m;
	struct intake		*in;
	struct err		e;

	if (ipc_get_STORE_BODY(r, &m) == -1 ||
	    peer_charge(p, m.bytes.len) == -1)
		return -1;
	if ((in = intake_find(p, m.store)) == NULL || in->draft == NULL) {
		peer_pay(p, m.bytes.len);
		return 0;
	}
	if (spool_draft_body(in->draft, m.bytes, &e) == 0) {
		intake_grown(in, m.bytes.len);
	} else {
		peer_pay(p, m.bytes.len);
		intake_refuse(in, e.text);
	}
	return 0;
}

/* The descriptor is ours from here on. */
static int
peer_on_file(struct peer *p, struct rbuf *r, int fd)
{
	struct ipc_STORE_FILE	m;
	struct intake		*in;
	struct stat		st;
	struct err		e;

	/* No notification is so large. */
	if (ipc_get_STORE_FILE(r, &m) == -1 || p->role == IPC_BOUNCE) {
		(void)close(fd);
		return -1;
	}
	in = intake_find(p, m.store);
	if (in == NULL || in->draft == NULL || in->large != NULL) {
		(void)close(fd);
		return in == NULL || in->draft == NULL ? 0 : -1;
	}
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size < m.size || m.size <= DRAFT_BODY_MAX) {
		(void)close(fd);
		intake_refuse(in, "a file that is no body");
		return 0;
	}
	if (p->larges >= LARGES_MAX || !large_fits(m.size)) {
		(void)close(fd);
		intake_answer(in, STORE_FULL, "no room for a large body");
		return 0;
	}
	if (spool_draft_file(in->draft, m.size, 0, &e) == -1) {
		(void)close(fd);
		intake_refuse(in, e.text);
		return 0;
	}
	in->pending = true;
	p->larges++;
	in->large = large_new(in, spool_draft_id(in->draft), fd, m.size);
	return 0;
}

static int
peer_on_edits(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_EDITS	m;
	struct intake		*in;
	struct err		e;
	int			rc;

	if (ipc_get_STORE_EDITS(r, &m) == -1 ||
	    peer_charge(p, m.bytes.len) == -1)
		return -1;
	if ((in = intake_find(p, m.store)) == NULL || in->draft == NULL) {
		peer_pay(p, m.bytes.len);
		return 0;
	}
	in->held += m.bytes.len;
	if (in->edits.len + m.bytes.len > DRAFT_EDITS_SIZE) {
		intake_refuse(in, "a list of edits that is too long");
		return 0;
	}
	buf_add_str(&in->edits, m.bytes);
	if (!m.last)
		return 0;
	rc = spool_draft_edits(in->draft, buf_str(&in->edits), &e);
	buf_clear(&in->edits);
	if (rc == -1)
		intake_refuse(in, e.text);
	else
		intake_grown(in, 0);
	return 0;
}

static int
peer_on_entry(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_ENTRY	m;
	struct intake		*in;
	struct err		e;

	if (ipc_get_STORE_ENTRY(r, &m) == -1 ||
	    peer_charge(p, m.entry.len) == -1)
		return -1;
	if ((in = intake_find(p, m.store)) == NULL || in->draft == NULL) {
		peer_pay(p, m.entry.len);
		return 0;
	}
	in->held += m.entry.len;
	if (!intake_may_say(p, m.entry))
		intake_refuse(in, "what bounce alone may say, or may not");
	else if (spool_draft_entry(in->draft, m.entry, &e) == -1)
		intake_refuse(in, e.text);
	else
		intake_grown(in, 0);
	return 0;
}

static int
peer_on_end_frame(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_END	m;
	struct intake		*in;

	if (ipc_get_STORE_END(r, &m) == -1)
		return -1;
	if ((in = intake_find(p, m.store)) != NULL) {
		if (in->ended)
			return -1;
		intake_end(in);
	}
	return 0;
}

static int
peer_on_abort(struct peer *p, struct rbuf *r)
{
	struct ipc_STORE_ABORT	m;
	struct intake		*in;

	if (ipc_get_STORE_ABORT(r, &m) == -1)
		return -1;
	if ((in = intake_find(p, m.store)) != NULL && !in->ended)
		intake_free(in);
	return 0;
}

static int
peer_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct peer	*p = arg;

	/* Or it reads no answers. */
	if (p->leaving || (!p->known && type != IPC_STORE_HELLO) ||
	    channel_queued(p->channel) > UNREAD_MAX) {
		if (fd != -1)
			(void)close(fd);
		return p->leaving ? 0 : -1;
	}
	switch (type) {
	case IPC_STORE_HELLO:
		return peer_on_hello(p, r);
	case IPC_STORE_BEGIN:
		return peer_on_begin(p, r);
	case IPC_STORE_BODY:
		return peer_on_body(p, r);
	case IPC_STORE_FILE:
		return peer_on_file(p, r, fd);
	case IPC_STORE_EDITS:
		return peer_on_edits(p, r);
	case IPC_STORE_ENTRY:
		return peer_on_entry(p, r);
	case IPC_STORE_END:
		return peer_on_end_frame(p, r);
	case IPC_STORE_ABORT:
		return peer_on_abort(p, r);
	default:
		return -1;
	}
}

/* ---- Transactions that do not end ---------------------------------------- */

static void
peer_sweep(void *arg)
{
	int64_t		 now = loop_now_ms(cleanup.worker->loop);
	struct intake	*in;
	struct peer	*p;

	(void)arg;
	TAILQ_FOREACH(p, &cleanup.peers, link) {
		in = TAILQ_LAST(&p->intakes, intakes);
		if (in != NULL && !in->ended &&
		    now - in->began_ms > OPEN_MAX_MS)
			intake_answer(in, STORE_TEMPORARY,
			    "the transaction did not end");
	}
	timer_start(&cleanup.sweep, SWEEP_MS);
}

void
peer_refuse_open(void)
{
	struct intake	*in;
	struct peer	*p;

	TAILQ_FOREACH(p, &cleanup.peers, link) {
		in = TAILQ_LAST(&p->intakes, intakes);
		if (in != NULL && !in->ended)
			intake_answer(in, STORE_FULL, "the spool is full");
	}
}

void
peer_start(void)
{
	timer_init(&cleanup.sweep, cleanup.worker->loop, peer_sweep, NULL);
	timer_start(&cleanup.sweep, SWEEP_MS);
}

/* ---- Coming and going ---------------------------------------------------- */

static void
peer_free(void *arg)
{
	struct peer	*p = arg;
	struct intake	*in;

	p->leaving = true;
	while ((in = TAILQ_FIRST(&p->intakes)) != NULL)
		intake_free(in);
	TAILQ_REMOVE(&cleanup.peers, p, link);
	cleanup.peer_count--;
	guests_leave(&cleanup.guests, &p->guest);
	loop_cancel(cleanup.worker->loop, &p->bye);
	channel_free(&p->channel);
	free(p);
	if (cleanup.worker->draining && cleanup.peer_count == 0)
		worker_exit(cleanup.worker);
}

/* What it had ended and is not written yet is dropped as well: it would be
 * asked for again, or nobody waits for it. */
static void
peer_on_end(void *arg)
{
	peer_free(arg);
}

/* A worker by what master says of it, mtactl by its user. */
static enum ipc_role
peer_role(struct worker *w, int fd)
{
	enum ipc_role	role = worker_peer_role(w, fd);

	return role != IPC_NOBODY ? role : access_role(&cleanup.access, fd);
}

void
peer_accept(void *arg, struct gate *g)
{
	static const struct channel_ops	 ops = {
	    .on_frame = peer_on_frame, .on_end = peer_on_end };
	struct worker			*w = arg;
	struct guest_id			 guest;
	struct peer			*p;
	enum ipc_role			 role;
	int				 fd = gate_take(g, NULL);

	if (fd == -1)
		return;
	role = peer_role(w, fd);
	if ((role & IPC_STORER) == 0 ||
	    cleanup.peer_count >= PEERS_MAX ||
	    !guests_enter(&cleanup.guests, fd, &guest)) {
		LOG(EV_STORE_REFUSED, NULL, LOG_STR("reason",
		    "a connection that is one too many, or nobody's"));
		(void)close(fd);
		return;
	}
	p = xcalloc(1, sizeof *p);
	p->guest = guest;
	p->role = (int)role;
	TAILQ_INIT(&p->intakes);
	task_init(&p->bye, peer_free, p);
	p->channel = channel_new(w->loop, fd, IPC_CLEANUP,
	    role, &ops, p);
	TAILQ_INSERT_TAIL(&cleanup.peers, p, link);
	cleanup.peer_count++;
}
