/*
 * Stores wait in the order in which they came; one after the other is told in
 * frames, as far as the service's credit goes, and then waits for its answer.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fatal.h"
#include "base/mem.h"
#include "base/net.h"
#include "event/backoff.h"
#include "ipc/channel.h"
#include "spool/draft.h"

#include "store.h"

#define STORE_PIECE	65536		/* of a body or of edits in a frame */

enum store_state { STATE_WAITING, STATE_TELLING, STATE_ASKED };

struct store {
	TAILQ_ENTRY(store)	 link;
	struct store_client	*client;
	struct store_request	 rq;
	enum store_state	 state;
	uint64_t		 number;	/* of this connection */
	int64_t			 until_ms;	/* its time is up */
	bool			 ended;		/* its end was sent once */
	struct timer		 patience;

	/* How far it is told. */
	bool			 begun, body_told;
	struct body_cursor	 cursor;
	size_t			 edits;		/* lists that are told */
	size_t			 edits_at;	/* bytes of the next one */
	uint32_t		 entries;
};
TAILQ_HEAD(stores, store);

struct store_client {
	struct loop	*loop;
	int		 role;
	char		*path;
	struct channel	*channel;		/* NULL: none */
	struct stores	 stores;		/* in order, all states */
	struct store	*next;			/* the first not ASKED */
	int64_t		 credit;
	uint64_t	 number;
	int64_t		 limit_ms;
	struct backoff	 again;
	struct task	 work;
};

/* ---- Stores -------------------------------------------------------------- */

/* From the start again. */
static void
store_rewind(struct store *s)
{
	body_cursor_fini(&s->cursor);
	body_cursor_init(&s->cursor, s->rq.body);
	s->state = STATE_WAITING;
	s->begun = s->body_told = false;
	s->edits = s->edits_at = 0;
	s->entries = 0;
}

static void
store_remove(struct store *s)
{
	if (s->client->next == s)
		s->client->next = TAILQ_NEXT(s, link);
	TAILQ_REMOVE(&s->client->stores, s, link);
	body_cursor_fini(&s->cursor);
	timer_fini(&s->patience);
	free(s);
}

static void
store_done(struct store *s, enum store_status status, const char *text)
{
	struct store_request	rq = s->rq;

	store_remove(s);
	rq.done(rq.arg, status, text);
}

static void
store_abort(struct store_client *c, const struct store *s)
{
	if (c->channel != NULL && s->state == STATE_TELLING)
		CHANNEL_SEND(c->channel, STORE_ABORT, -1,
		    { .store = s->number });
}

/* A service that hangs is told no more of it, and drops what it was told once
 * it goes on; but for a store whose end it has. */
static void
store_out_of_patience(void *arg)
{
	struct store		*s = arg;
	struct store_client	*c = s->client;

	store_abort(c, s);
	loop_defer(c->loop, &c->work);
	store_done(s, STORE_TEMPORARY, s->ended ? "the service cleanup does "
	    "not answer; the message may be queued all the same" :
	    "the service cleanup does not answer");
}

/* Until its time is up, or until the service should have come back. */
static void
store_wait(struct store *s, int64_t most_ms)
{
	int64_t	left = s->until_ms - loop_now_ms(s->client->loop);

	if (left > most_ms)
		left = most_ms;
	timer_start(&s->patience, left > 0 ? left : 0);
}

/* ---- Telling ------------------------------------------------------------- */

static void
store_tell_begin(struct store_client *c, struct store *s)
{
	struct ipc_STORE_BEGIN	m = { .store = s->number,
	    .txn = { (const char *)s->rq.id.txn, SPOOL_TXN_SIZE },
	    .body_size = body_size(s->rq.body), .entries = s->rq.entries };

	CHANNEL_PUT(c->channel, STORE_BEGIN, -1, &m);
	s->begun = true;
	s->state = STATE_TELLING;
}

/* A body that is too long for a record goes as the file it is in. */
static int
store_tell_file(struct store_client *c, struct store *s)
{
	struct ipc_STORE_FILE	m = { .store = s->number,
	    .size = body_size(s->rq.body) };
	int			fd = body_file(s->rq.body, NULL);

	if (fd == -1)
		return -1;
	CHANNEL_PUT(c->channel, STORE_FILE, fd, &m);
	s->body_told = true;
	return 0;
}

/* A piece of the body: 0, or -1 if it can't be read. */
static int
store_tell_body(struct store_client *c, struct store *s)
{
	struct ipc_STORE_BODY	m = { .store = s->number };
	struct iovec		iov;
	int			n;

	if (body_size(s->rq.body) > DRAFT_BODY_MAX)
		return store_tell_file(c, s);
	if ((n = body_peek(&s->cursor, &iov, 1)) == -1)
		return -1;
	if (n == 0) {
		s->body_told = true;
		return 0;
	}
	m.bytes.p = iov.iov_base;
	m.bytes.len = iov.iov_len < STORE_PIECE ? iov.iov_len : STORE_PIECE;
	CHANNEL_PUT(c->channel, STORE_BODY, -1, &m);
	body_advance(&s->cursor, m.bytes.len);
	c->credit -= (int64_t)m.bytes.len;
	return 0;
}

static void
store_tell_edits(struct store_client *c, struct store *s)
{
	struct ipc_STORE_EDITS	m = { .store = s->number };
	struct str		list = s->rq.edits[s->edits];

	m.bytes.p = list.p + s->edits_at;
	m.bytes.len = list.len - s->edits_at;
	if (m.bytes.len > STORE_PIECE)
		m.bytes.len = STORE_PIECE;
	s->edits_at += m.bytes.len;
	m.last = s->edits_at == list.len;
	CHANNEL_PUT(c->channel, STORE_EDITS, -1, &m);
	c->credit -= (int64_t)m.bytes.len;
	if (m.last) {
		s->edits++;
		s->edits_at = 0;
	}
}

static void
store_tell_entry(struct store_client *c, struct store *s)
{
	struct ipc_STORE_ENTRY	m = { .store = s->number };

	m.entry = s->rq.entry(s->rq.arg, ++s->entries);
	CHANNEL_PUT(c->channel, STORE_ENTRY, -1, &m);
	c->credit -= (int64_t)m.entry.len;
}

/* One more frame of it: 0, or -1. */
static int
store_tell(struct store_client *c, struct store *s)
{
	if (!s->begun)
		store_tell_begin(c, s);
	else if (!s->body_told)
		return store_tell_body(c, s);
	else if (s->edits < s->rq.edit_count)
		store_tell_edits(c, s);
	else if (s->entries < s->rq.entries)
		store_tell_entry(c, s);
	else {
		CHANNEL_SEND(c->channel, STORE_END, -1,
		    { .store = s->number });
		s->state = STATE_ASKED;
		s->ended = true;
		c->next = TAILQ_NEXT(s, link);
	}
	return 0;
}

/* As far as the credit goes, which is exceeded by less than a frame. */
static void
store_pump(struct store_client *c)
{
	struct store	*s;

	while (c->credit > 0 && (s = c->next) != NULL) {
		if (store_tell(c, s) == 0)
			continue;
		store_abort(c, s);
		store_done(s, STORE_TEMPORARY, "the message can't be read");
		loop_defer(c->loop, &c->work);	/* done() did anything */
		return;
	}
}

/* ---- Hearing ------------------------------------------------------------- */

static struct store *
store_find(struct store_client *c, uint64_t number)
{
	struct store	*s;

	/* Answers come in about the order of the questions. */
	TAILQ_FOREACH(s, &c->stores, link) {
		if (s->number == number && s->state != STATE_WAITING)
			return s;
	}
	return NULL;
}

static int
store_on_answer(struct store_client *c, struct rbuf *r)
{
	struct ipc_STORE_DURABLE	m;
	struct store			*s;

	if (ipc_get_STORE_DURABLE(r, &m) == -1 || m.status > STORE_REFUSED)
		return -1;
	backoff_reset(&c->again);
	if ((s = store_find(c, m.store)) == NULL)
		return 0;		/* cancelled meanwhile */
	/* Refused before its end: what is left of it is not told. */
	store_abort(c, s);
	loop_defer(c->loop, &c->work);
	store_done(s, (enum store_status)m.status, m.text);
	return 0;
}

static int
store_on_frame(void *arg, int type, struct rbuf *r, int fd)
{
	struct store_client	*c = arg;
	struct ipc_STORE_CREDIT	 m;

	(void)fd;
	if (type == IPC_STORE_DURABLE)
		return store_on_answer(c, r);
	if (type != IPC_STORE_CREDIT || ipc_get_STORE_CREDIT(r, &m) == -1 ||
	    m.bytes > INT32_MAX)
		return -1;
	c->credit += (int64_t)m.bytes;
	loop_defer(c->loop, &c->work);
	return 0;
}

static void
store_on_end(void *arg)
{
	struct store_client	*c = arg;
	struct store		*s;

	channel_free(&c->channel);
	c->credit = 0;
	TAILQ_FOREACH(s, &c->stores, link) {
		store_rewind(s);
		store_wait(s, STORE_PATIENCE_MS);
	}
	c->next = TAILQ_FIRST(&c->stores);
	if (c->next != NULL)
		backoff_later(&c->again);
}

/* ---- Connecting ---------------------------------------------------------- */

static void
store_up(struct store_client *c, int fd)
{
	static const struct channel_ops	 ops = {
	    .on_frame = store_on_frame, .on_end = store_on_end };
	struct store			*s;

	c->channel = channel_new(c->loop, fd, (enum ipc_role)c->role,
	    IPC_CLEANUP, &ops, c);
	CHANNEL_SEND(c->channel, STORE_HELLO, -1,
	    { .table_hash = ipc_table_hash(), .pid = (uint32_t)getpid() });
	TAILQ_FOREACH(s, &c->stores, link) {
		s->number = ++c->number;
		store_wait(s, INT64_MAX);
	}
}

/* There is no such service: the first is told, and each in its turn. */
static void
store_absent(struct store_client *c)
{
	struct store	*s = TAILQ_FIRST(&c->stores);

	loop_defer(c->loop, &c->work);
	store_done(s, STORE_TEMPORARY, "there is no service cleanup in "
	    "master.cf");
}

static void
store_work(void *arg)
{
	struct store_client	*c = arg;
	int			 fd;

	if (c->channel != NULL) {
		store_pump(c);
		return;
	}
	if (c->again.timer.armed || TAILQ_EMPTY(&c->stores))
		return;
	if ((fd = net_connect_unix(c->path)) != -1)
		store_up(c, fd);
	else if (errno == ENOENT)
		store_absent(c);
	else
		backoff_later(&c->again);
}

struct store_client *
store_client_new(struct loop *l, int role, const char *path)
{
	struct store_client	*c = xcalloc(1, sizeof *c);

	c->loop = l;
	c->role = role;
	c->path = xstrdup(path);
	c->limit_ms = STORE_LIMIT_MS;
	TAILQ_INIT(&c->stores);
	backoff_init(&c->again, l, store_work, c);
	task_init(&c->work, store_work, c);
	return c;
}

void
store_client_free(struct store_client **c)
{
	struct store	*s;

	if (*c == NULL)
		return;
	while ((s = TAILQ_FIRST(&(*c)->stores)) != NULL)
		store_remove(s);
	channel_free(&(*c)->channel);
	backoff_fini(&(*c)->again);
	loop_cancel((*c)->loop, &(*c)->work);
	free((*c)->path);
	free(*c);
	*c = NULL;
}

void
store_client_limit(struct store_client *c, int64_t ms)
{
	c->limit_ms = ms;
}

struct store *
store_start(struct store_client *c, const struct store_request *rq)
{
	struct store	*s = xcalloc(1, sizeof *s);

	s->client = c;
	s->rq = *rq;
	s->number = ++c->number;
	timer_init(&s->patience, c->loop, store_out_of_patience, s);
	body_cursor_init(&s->cursor, rq->body);
	TAILQ_INSERT_TAIL(&c->stores, s, link);
	if (c->next == NULL)
		c->next = s;
	s->until_ms = loop_now_ms(c->loop) + c->limit_ms;
	store_wait(s, c->channel == NULL ? STORE_PATIENCE_MS : INT64_MAX);
	loop_defer(c->loop, &c->work);
	return s;
}

void
store_cancel(struct store **s)
{
	if (*s == NULL)
		return;
	store_abort((*s)->client, *s);
	store_remove(*s);
	*s = NULL;
}
