/*
 * Workers of bounce(8).  Each is asked for a bounded number of notifications at
 * a time; what one has not answered when its connection ends is asked of
 * another, under the same identity.
 *
 *	SENT --DONE: durable--> STORED --its entry is read--> gone
 *	  |'--DONE: later, or its worker is gone--> gone; asked again
 *	  |'--no DONE for longer than a store takes--> its worker is let go
 *	  			  STORED --a minute, and it did not come--> gone
 *
 * A worker whose connection ends is gone when master says so, and what it died
 * of, or when it connects anew; until then it keeps what it was asked for.
 */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "ipc/channel.h"
#include "spool/body_file.h"
#include "spool/disk_real.h"
#include "spool/segment.h"

#include "arrears.h"
#include "bounces.h"
#include "teller.h"

#define TELLER_MAX		8	/* workers */
#define TELLER_IN_FLIGHT_MAX	32
#define TELLER_STORED_MS	60000
#define TELLER_STORED_MAX	4096	/* a worker says so of what it likes */
#define TELLER_SLOW_MS		10000	/* beside the store */
#define TELLING_KIND		1

struct teller {
	TAILQ_ENTRY(teller)	 link;
	struct channel		*channel;	/* NULL: it has ended */
	pid_t			 pid;
	bool			 greeted;
	uint32_t		 in_flight, sent;
};

struct telling {
	struct hmap_entry	 hash;
	TAILQ_ENTRY(telling)	 link;
	unsigned char		 key[SPOOL_ID_SIZE];
	struct teller		*teller;	/* NULL: it is stored */
	uint64_t		 number;
	int64_t			 until_ms;	/* then */
};
TAILQ_HEAD(telling_list, telling);

static struct {
	struct worker		*worker;
	TAILQ_HEAD(, teller)	 tellers;
	int			 count;		/* connected */
	struct hmap		 tellings;
	struct telling_list	 sent, stored;
	uint64_t		 next;
	uint32_t		 stored_count;
	struct timer		 missing, silent;
	struct buf		 bytes, entry;
} tell = { .tellers = TAILQ_HEAD_INITIALIZER(tell.tellers),
	.sent = TAILQ_HEAD_INITIALIZER(tell.sent),
	.stored = TAILQ_HEAD_INITIALIZER(tell.stored) };

/* ---- What they have in hand ---------------------------------------------- */

static struct telling *
telling_find(const struct spool_id *id)
{
	unsigned char	key[SPOOL_ID_SIZE];

	spool_id_put(key, id);
	return (struct telling *)hmap_find(&tell.tellings, TELLING_KIND,
	    (struct str){ (char *)key, sizeof key });
}

static void
telling_new(const struct spool_id *id, struct teller *t, uint64_t number)
{
	struct telling	*g = xcalloc(1, sizeof *g);

	spool_id_put(g->key, id);
	g->teller = t;
	g->number = number;
	g->until_ms = delivery_now() + TELLER_SLOW_MS +
	    tell.worker->params.spool_timeout;
	t->sent++;
	if (TAILQ_EMPTY(&tell.sent))
		timer_start(&tell.silent, g->until_ms - delivery_now());
	g->hash.key = (const char *)g->key;
	g->hash.len = sizeof g->key;
	g->hash.kind = TELLING_KIND;
	hmap_insert(&tell.tellings, &g->hash);
	TAILQ_INSERT_TAIL(&tell.sent, g, link);
}

static void
telling_free(struct telling *g)
{
	TAILQ_REMOVE(g->teller != NULL ? &tell.sent : &tell.stored, g, link);
	if (g->teller != NULL)
		g->teller->sent--;
	else
		tell.stored_count--;
	hmap_remove(&tell.tellings, &g->hash);
	free(g);
}

static void
telling_stored(struct telling *g)
{
	TAILQ_REMOVE(&tell.sent, g, link);
	g->teller->sent--;
	g->teller = NULL;
	g->until_ms = delivery_now() + TELLER_STORED_MS;
	tell.stored_count++;
	if (TAILQ_EMPTY(&tell.stored))
		timer_start(&tell.missing, TELLER_STORED_MS);
	TAILQ_INSERT_TAIL(&tell.stored, g, link);
}

bool
teller_has(const struct spool_id *id)
{
	return telling_find(id) != NULL;
}

void
teller_forget(const struct spool_id *id)
{
	struct telling	*g = telling_find(id);

	if (g != NULL)
		telling_free(g);
}

/* It was said to be there, and did not come: it is asked for again. */
static void
teller_missing(void *arg)
{
	struct telling	*g;

	(void)arg;
	while ((g = TAILQ_FIRST(&tell.stored)) != NULL &&
	    g->until_ms <= delivery_now())
		telling_free(g);
	if (g != NULL)
		timer_start(&tell.missing, g->until_ms - delivery_now());
	bounces_all();
}

/* ---- Asked --------------------------------------------------------------- */

static struct teller *
teller_best(void)
{
	struct teller	*t, *best = NULL;

	if (tell.stored_count >= TELLER_STORED_MAX)
		return NULL;
	TAILQ_FOREACH(t, &tell.tellers, link)
		if (t->greeted && t->sent < t->in_flight && (best == NULL ||
		    t->sent < best->sent))
			best = t;
	return best;
}

bool
teller_idle(void)
{
	return teller_best() != NULL;
}

bool
teller_any(void)
{
	return tell.count > 0;
}

static int
teller_open_body(const struct spool_id *id,
    const struct book_envelope *envelope, struct disk_file **f, struct err *e)
{
	char	name[DISK_NAME_MAX];
	bool	own;

	*f = NULL;
	if (book_own_file(keeper_book(), envelope, &own, e) == -1)
		return -1;
	if (!own)
		return 0;
	body_file_name(name, id);
	return disk_open(keeper_disk(), name, DISK_READ, f) == 0 ? 0 :
	    err_errno(e, "%s", name);
}

/* Its frames; the order is the journal's, and held until the book is asked
 * again. */
static int
teller_send(struct teller *t, const struct spool_id *id,
    struct disk_file *segment, const struct book_envelope *envelope,
    struct disk_file *body, struct err *e)
{
	unsigned char		 key[SPOOL_ID_SIZE];
	struct ipc_BOUNCE_JOB	 m = { .job = tell.next,
				    .segment = envelope->segment,
				    .body = envelope->body,
				    .edits = envelope->edits,
				    .file = body != NULL,
				    .entry = buf_str(&tell.entry),
				    .id = { (const char *)key, sizeof key } };
	struct entry_state	 state;
	int			 rc;

	if ((rc = book_state(keeper_book(), id, &state, e)) != 0)
		return rc == -1 ? -1 : err_set(e, "the entry is not there");
	spool_id_put(key, id);
	m.order = state.order;
	CHANNEL_PUT(t->channel, BOUNCE_JOB, disk_real_fd(segment), &m);
	if (body != NULL)
		CHANNEL_SEND(t->channel, BOUNCE_JOB_FILE, disk_real_fd(body),
		    { .job = m.job });
	return 0;
}

int
teller_ask(const struct spool_id *id, struct err *e)
{
	struct book_envelope	 envelope;
	struct entry_state	 state;
	struct disk_file	*segment, *body;
	struct teller		*t = teller_best();
	char			 name[SEGMENT_NAME];
	int			 rc;

	rc = active_entry(id, &envelope, &state, &tell.bytes, e);
	if (rc != 0)
		return rc == -1 ? -1 : err_set(e, "the entry is not there");
	buf_clear(&tell.entry);
	if (spool_entry_put(&tell.entry, &envelope.entry, e) == -1 ||
	    teller_open_body(id, &envelope, &body, e) == -1)
		return -1;
	segment_name(name, envelope.segment);
	if (disk_open(keeper_disk(), name, DISK_READ, &segment) == -1) {
		disk_close(&body);
		return err_errno(e, "%s", name);
	}
	book_shown(keeper_book(), envelope.segment);
	tell.next++;
	rc = teller_send(t, id, segment, &envelope, body, e);
	disk_close(&segment);
	disk_close(&body);
	if (rc == 0)
		telling_new(id, t, tell.next);
	return rc;
}

/* ---- Its connection ------------------------------------------------------ */

static void
teller_free(struct teller *t)
{
	struct telling	*g, *next;

	TAILQ_FOREACH_SAFE(g, &tell.sent, link, next)
		if (g->teller == t)
			telling_free(g);
	TAILQ_REMOVE(&tell.tellers, t, link);
	tell.count -= t->channel != NULL;
	channel_free(&t->channel);
	free(t);
}

static struct teller *
teller_find(pid_t pid)
{
	struct teller	*t;

	TAILQ_FOREACH(t, &tell.tellers, link)
		if (t->pid == pid)
			break;
	return t;
}

/* It hangs, say: what it has is asked of others, and the first of that, which
 * may be why, later. */
static void
teller_silent(void *arg)
{
	struct telling	*g;
	struct spool_id	 id;

	(void)arg;
	while ((g = TAILQ_FIRST(&tell.sent)) != NULL &&
	    g->until_ms <= delivery_now()) {
		spool_id_get(&id, g->key);
		teller_free(g->teller);
		bounces_later(&id, "its worker does not answer");
		bounces_all();
	}
	if (g != NULL)
		timer_start(&tell.silent, g->until_ms - delivery_now());
}

static int
teller_on_hello(struct teller *t, struct rbuf *r)
{
	struct ipc_BOUNCE_HELLO	m;

	if (t->greeted || ipc_get_BOUNCE_HELLO(r, &m) == -1 ||
	    m.table_hash != ipc_table_hash() || m.in_flight == 0)
		return -1;
	t->greeted = true;
	t->in_flight = m.in_flight < TELLER_IN_FLIGHT_MAX ? m.in_flight :
	    TELLER_IN_FLIGHT_MAX;
	bounces_all();
	arrears_begin();
	return 0;
}

static int
teller_on_done(struct teller *t, struct rbuf *r)
{
	struct ipc_BOUNCE_DONE	 m;
	struct telling		*g;
	struct spool_id		 id;

	if (ipc_get_BOUNCE_DONE(r, &m) == -1 || (m.status != BOUNCE_DURABLE &&
	    m.status != BOUNCE_LATER))
		return -1;
	TAILQ_FOREACH(g, &tell.sent, link)
		if (g->teller == t && g->number == m.job)
			break;
	/* Its entry may have been read before the answer came. */
	if (g == NULL)
		return 0;
	spool_id_get(&id, g->key);
	if (m.status == BOUNCE_DURABLE)
		telling_stored(g);
	else {
		telling_free(g);
		bounces_later(&id, m.text);
	}
	bounces_kick();
	return 0;
}

static int
teller_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct teller	*t = arg;

	(void)fd;
	if (type == IPC_BOUNCE_HELLO)
		return teller_on_hello(t, r);
	return t->greeted && type == IPC_BOUNCE_DONE ? teller_on_done(t, r) :
	    -1;
}

static void
teller_on_end(void *arg)
{
	struct teller	*t = arg;

	if (t->sent == 0)
		teller_free(t);
	else {
		channel_free(&t->channel);
		tell.count--;
		t->greeted = false;
	}
	bounces_all();
}

/* Its page says which entry it was; one that it was not asked for, say because
 * it was taken over, is not touched. */
static void
teller_strike(const struct teller *t, struct str culprit)
{
	struct telling	*g;
	struct spool_id	 id;

	if (culprit.len != SPOOL_ID_SIZE)
		return;
	spool_id_get(&id, (const unsigned char *)culprit.p);
	if ((g = telling_find(&id)) == NULL || g->teller != t)
		return;
	telling_free(g);
	bounces_strike(&id);
}

void
teller_gone(pid_t pid, int signal, struct str culprit)
{
	struct teller	*t = teller_find(pid);

	if (t == NULL)
		return;
	if (signal != 0 && signal != SIGTERM)
		teller_strike(t, culprit);
	teller_free(t);
	bounces_all();
}

/* Of each worker the newest connection counts. */
void
teller_accept(int fd, pid_t pid)
{
	static const struct channel_ops	 ops = { .on_frame = teller_on_frame,
	    .on_end = teller_on_end };
	struct teller			*t = teller_find(pid);

	if (t != NULL)
		teller_free(t);
	if (delivery_schedule() == NULL || tell.count == TELLER_MAX) {
		(void)close(fd);
		return;
	}
	t = xcalloc(1, sizeof *t);
	t->pid = pid;
	t->channel = channel_new(tell.worker->loop, fd, IPC_QMGR, IPC_BOUNCE,
	    &ops, t);
	TAILQ_INSERT_TAIL(&tell.tellers, t, link);
	tell.count++;
}

/* ---- Start and end ------------------------------------------------------- */

void
teller_prepare(struct worker *w)
{
	tell.worker = w;
	timer_init(&tell.missing, w->loop, teller_missing, NULL);
	timer_init(&tell.silent, w->loop, teller_silent, NULL);
}

void
teller_open(void)
{
	hmap_init(&tell.tellings);
}

void
teller_close(void)
{
	struct telling	*g;

	while (!TAILQ_EMPTY(&tell.tellers))
		teller_free(TAILQ_FIRST(&tell.tellers));
	while ((g = TAILQ_FIRST(&tell.stored)) != NULL)
		telling_free(g);
	hmap_fini(&tell.tellings);
	timer_stop(&tell.missing);
	timer_stop(&tell.silent);
	buf_free(&tell.bytes);
	buf_free(&tell.entry);
}
