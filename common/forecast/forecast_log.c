/*
 * Of event=delivery a recipient's story: when it came (its age says so), and
 * each attempt.  Attempts over one connection tell how long it takes from the
 * end of one to the beginning of the next, when there is enough to do.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "base/uuid.h"

#include "forecast_private.h"

#define LOG_NAME	1
#define LOG_QUEUE	2
#define TIME_FIRST	1971	/* what the scheduler's clock can count */
#define TIME_LAST	2199
#define TIMES_LEAST	10	/* even less were lucky */
#define TURN_ENOUGH	20
#define TURN_MAX_MS	16

struct forecast *
forecast_new(const struct transports *t)
{
	struct forecast	*f = xcalloc(1, sizeof *f);

	f->transports = t;
	hmap_init(&f->names);
	hmap_init(&f->queues);
	hmap_init(&f->routes);
	hmap_init(&f->lists);
	memcpy(f->secret, f->names.secret, sizeof f->secret);
	slab_init(&f->entries, sizeof(struct fentry));
	slab_init(&f->attempts, sizeof(struct fattempt));
	(void)fname_take(f, STR(""));
	return f;
}

void
forecast_free(struct forecast **fp)
{
	struct forecast	*f = *fp;

	*fp = NULL;
	if (f == NULL)
		return;
	froutes_fini(f);
	hmap_fini(&f->names);
	hmap_fini(&f->queues);
	slab_fini(&f->entries);
	slab_fini(&f->attempts);
	slab_index_fini(&f->by_id);
	free(f->name);
	free(f->queue);
	free(f->report.tenants);
	free(f->report.domains);
	free(f->report.waits);
	buf_free(&f->text);
	arena_free(&f->arena);
	free(f);
}

/* ---- Names, and what has them -------------------------------------------- */

uint32_t
fname_take(struct forecast *f, struct str text)
{
	struct fname	*n;

	n = (struct fname *)hmap_find(&f->names, LOG_NAME, text);
	if (n != NULL)
		return n->self;
	n = arena_alloc(&f->arena, sizeof *n);
	text = arena_str(&f->arena, text);
	n->hash.key = text.p;
	n->hash.len = (uint32_t)text.len;
	n->hash.kind = LOG_NAME;
	n->self = f->name_count;
	hmap_insert(&f->names, &n->hash);
	if (f->name_count == f->name_cap) {
		f->name_cap = f->name_cap == 0 ? 256 : f->name_cap * 2;
		f->name = xreallocarray(f->name, f->name_cap,
		    sizeof *f->name);
	}
	f->name[f->name_count++] = text;
	return n->self;
}

struct fqueue *
fqueue_take(struct forecast *f, const uint32_t key[4])
{
	struct str	 bytes = { (const char *)key, 4 * sizeof *key };
	struct fqueue	*q;

	q = (struct fqueue *)hmap_find(&f->queues, LOG_QUEUE, bytes);
	if (q != NULL)
		return q;
	q = arena_alloc(&f->arena, sizeof *q);
	memcpy(q->key, key, sizeof q->key);
	q->hash.key = (const char *)q->key;
	q->hash.len = sizeof q->key;
	q->hash.kind = LOG_QUEUE;
	q->self = f->queue_count;
	q->route = froute_take(f, key[KEY_TRANSPORT], key[KEY_DOMAIN]);
	hmap_insert(&f->queues, &q->hash);
	if (f->queue_count == f->queue_cap) {
		f->queue_cap = f->queue_cap == 0 ? 256 : f->queue_cap * 2;
		f->queue = xreallocarray(f->queue, f->queue_cap,
		    sizeof(*f->queue));
	}
	f->queue[f->queue_count++] = q;
	return q;
}

/* ---- Times --------------------------------------------------------------- */

static void
ftimes_add(struct ftimes *t, int64_t ms)
{
	if (ms < 0)
		ms = 0;
	if (ms >= TIMES_MAX)
		ms = TIMES_MAX - 1;
	t->count[ms]++;
	t->all++;
}

uint32_t
ftimes_least(const struct ftimes *t)
{
	uint64_t	before = t->all <= TIMES_LEAST ? 0 : TIMES_LEAST;
	uint32_t	ms = 0;

	if (t->all == 0)
		return 0;
	while (ms + 1 < TIMES_MAX && before >= t->count[ms])
		before -= t->count[ms++];
	return ms;
}

/* Limits of what is counted together, milliseconds. */
static const int64_t	turn_ms[ROUTE_TURNS] = { 0, 1, 2, 3, 4, 6, 8, 12, 16,
			    24, 32, 48, 64, 128, 256, INT64_MAX };

/* The least half of a route's times are at most; -1: they are too few. */
static int64_t
fturn_median(const struct froute *r)
{
	uint64_t	all = 0, before = 0;
	int		i;

	for (i = 0; i < ROUTE_TURNS; i++)
		all += r->turn[i];
	if (all < TURN_ENOUGH)
		return -1;
	for (i = 0; (before += r->turn[i]) * 2 < all; i++)
		;
	return turn_ms[i];
}

static void
fturn_least(void *arg, struct hmap_entry *e)
{
	int64_t	*least = arg, ms = fturn_median((struct froute *)e);

	if (ms != -1 && ms < *least)
		*least = ms;
}

/*
 * A connection rests for want of leave or of mail, too, but at the
 * destination that is busiest by far it rests least.
 */
uint32_t
fturn(struct forecast *f)
{
	int64_t	least = TURN_MAX_MS;

	hmap_walk(&f->routes, f->routes.size, fturn_least, &least);
	return (uint32_t)least;
}

/* "2026-11-22T05:10:18.123456Z", to milliseconds; -1: it is none. */
static int64_t
flog_time(struct str s)
{
	static const char	form[] = "dddd-dd-ddTdd:dd:dd.ddd";
	struct tm		tm = { .tm_isdst = 0 };
	int			v[7] = { 0 };
	size_t			i, part = 0;

	if (s.len < sizeof form - 1)
		return -1;
	for (i = 0; form[i] != '\0'; i++)
		if (form[i] != 'd') {
			if (s.p[i] != form[i])
				return -1;
			part++;
		} else if (!ascii_isdigit((unsigned char)s.p[i]))
			return -1;
		else
			v[part] = v[part] * 10 + (s.p[i] - '0');
	if (v[0] < TIME_FIRST || v[0] > TIME_LAST)
		return -1;
	tm.tm_year = v[0] - 1900;
	tm.tm_mon = v[1] - 1;
	tm.tm_mday = v[2];
	tm.tm_hour = v[3];
	tm.tm_min = v[4];
	tm.tm_sec = v[5];
	return (int64_t)timegm(&tm) * 1000 + v[6];
}

/* What is no number, or too long a time to be one, is 0. */
static uint64_t
flog_number(const struct log_line *l, const char *name)
{
	uint64_t	n;

	return str_uint(log_line_get(l, str_of(name)), UINT32_MAX, &n) == 0 ?
	    n : 0;
}

/* ---- A recipient --------------------------------------------------------- */

struct fid {
	unsigned char	txn[16];
	uint32_t	number;
};

static bool
flog_same(const void *arg, uint32_t i, const void *key)
{
	const struct fentry	*e = fentry_at(arg, i);
	const struct fid	*id = key;

	return e->number == id->number &&
	    memcmp(e->txn, id->txn, sizeof e->txn) == 0;
}

static int
flog_id(const struct log_line *l, struct fid *id)
{
	struct str	rest, uuid;
	uint64_t	n;

	uuid = str_split(log_line_get(l, STR("queue")), ':', &rest);
	if (uuid_parse(uuid.p, uuid.len, id->txn) == -1 ||
	    str_uint(rest, UINT32_MAX, &n) == -1)
		return -1;
	id->number = (uint32_t)n;
	return 0;
}

/* Behind the last @, in lower case; of a hash of an address nothing. */
static struct str
flog_domain(struct forecast *f, struct str to)
{
	size_t	at = to.len;

	while (at > 0 && to.p[at - 1] != '@')
		at--;
	if (at == 0)
		f->report.domainless++;
	buf_clear(&f->text);
	if (at > 0)
		buf_add_lower(&f->text, (struct str){ to.p + at,
		    to.len - at });
	return buf_str(&f->text);
}

static uint32_t
flog_queue(struct forecast *f, const struct log_line *l)
{
	uint32_t	key[4];

	key[KEY_TRANSPORT] = fname_take(f, log_line_get(l,
	    STR("transport")));
	key[KEY_TENANT] = fname_take(f, log_line_get(l, STR("tenant")));
	key[KEY_JOB] = fname_take(f, log_line_get(l, STR("job")));
	key[KEY_DOMAIN] = fname_take(f, flog_domain(f, log_line_get(l,
	    STR("to"))));
	return fqueue_take(f, key)->self;
}

static uint32_t
flog_entry(struct forecast *f, const struct log_line *l, int64_t time_ms,
    int64_t age_ms)
{
	struct fentry	*e;
	struct fid	 id;
	uint32_t	 hash, i;

	memset(&id, 0, sizeof id);
	if (flog_id(l, &id) == -1)
		return 0;
	hash = (uint32_t)hmap_hash(f->secret, 0,
	    (struct str){ (const char *)&id, sizeof id });
	i = slab_index_find(&f->by_id, hash, flog_same, f, &id);
	if (i != 0)
		return i;
	i = slab_take(&f->entries);
	e = fentry_at(f, i);
	memcpy(e->txn, id.txn, sizeof e->txn);
	e->number = id.number;
	e->came_ms = time_ms - age_ms;
	e->old = flog_number(l, "retry") > 0;
	e->queue = flog_queue(f, l);
	e->priority = flog_number(l, "priority") == 1;
	slab_index_add(&f->by_id, hash, i);
	if (e->old)
		age_ms = (int64_t)flog_number(l, "ms");
	if (f->first_ms == 0 || time_ms - age_ms < f->first_ms)
		f->first_ms = time_ms - age_ms;
	return i;
}

/* ---- An attempt ---------------------------------------------------------- */

/* Which socket does not matter here.  false: the attempt came to no host. */
static bool
flog_host(struct forecast *f, const struct log_line *l, struct froute *r)
{
	struct hop_address	a = { .mx = log_line_get(l,
				    STR("remote_host")) };
	struct str		ip = log_line_get(l, STR("remote"));
	struct err		e;

	if (r == NULL)
		return false;
	a.preference = (uint16_t)flog_number(l, "preference");
	if (ip.len == 0) {
		a.mx = STR_NONE;
		if (log_line_get(l, STR("connection")).len == 0 ||
		    netaddr_unix(&a.address, "/socket", &e) == -1)
			return false;
	} else if (netaddr_parse_ip(&a.address, ip,
	    (uint16_t)flog_number(l, "remote_port")) == -1)
		return false;
	froute_host(f, r, &a);
	return true;
}

/* How long its connection had rested. */
static void
flog_turn(struct forecast *f, const struct log_line *l, struct froute *r,
    const struct fattempt *a)
{
	uint64_t	 n = flog_number(l, "transactions"), hash;
	int64_t		 rested;
	struct frecent	*c;
	int		 i = 0;

	if (n == 0 || r == NULL)
		return;
	hash = hmap_hash(f->secret, 0, log_line_get(l, STR("connection")));
	c = &f->recent[hash % RECENT];
	if (c->hash == hash && c->transactions + 1 == n) {
		rested = a->end_ms - a->ms - c->end_ms;
		while (turn_ms[i] < rested)
			i++;
		r->turn[i]++;
	}
	*c = (struct frecent){ hash, a->end_ms, n };
}

static uint32_t
flog_flags(const struct log_line *l)
{
	struct str	verdict = log_line_get(l, STR("verdict"));
	uint32_t	flags = 0;

	if (!str_eq(verdict, STR("defer")) && !str_eq(verdict, STR("hold")))
		flags |= ATTEMPT_LAST;
	if (log_line_get(l, STR("type")).len > 0) {
		flags |= ATTEMPT_BROKEN;
		if (str_eq(log_line_get(l, STR("type")), STR("network")) &&
		    log_line_get(l, STR("connection")).len == 0)
			flags |= ATTEMPT_DEAD;
	}
	if (flog_number(l, "transactions") == 1)
		flags |= ATTEMPT_OPENED;
	return flags;
}

static void
flog_link(struct forecast *f, struct fentry *e, uint32_t attempt)
{
	struct fattempt	*a = fattempt_at(f, attempt), *before;
	int64_t		 rested;

	if (e->first == 0) {
		e->first = e->last = attempt;
		return;
	}
	before = fattempt_at(f, e->last);
	before->next = attempt;
	before->flags &= ~(uint32_t)ATTEMPT_LAST;
	e->last = attempt;
	/* Somebody may have made it due before its time. */
	rested = a->end_ms - a->ms - before->end_ms;
	if (rested < 0)
		rested = 0;
	if (before->delay_ms == 0 || rested < before->delay_ms)
		before->delay_ms = rested < UINT32_MAX ? (uint32_t)rested :
		    UINT32_MAX;
}

static void
flog_attempt(struct forecast *f, const struct log_line *l, uint32_t entry,
    int64_t time_ms)
{
	struct fentry	*e = fentry_at(f, entry);
	struct froute	*r = f->queue[e->queue]->route;
	uint32_t	 i = slab_take(&f->attempts);
	struct fattempt	*a = fattempt_at(f, i);

	a->end_ms = time_ms;
	a->ms = (uint32_t)flog_number(l, "ms");
	a->delay_ms = (uint32_t)flog_number(l, "next_ms");
	a->flags = flog_flags(l);
	if (!flog_host(f, l, r))
		a->flags |= ATTEMPT_APART;
	if ((a->flags & ATTEMPT_OPENED) != 0 && r != NULL) {
		a->open_ms = (uint32_t)flog_number(l, "open_ms");
		if (a->open_ms > a->ms)
			a->open_ms = a->ms;
		r->open_ms += a->open_ms;
		r->opens++;
	}
	flog_turn(f, l, r, a);
	flog_link(f, e, i);
	f->attempt_count++;
}

static void
flog_delivery(struct forecast *f, const struct log_line *l, int64_t time_ms)
{
	int64_t		age_ms = (int64_t)flog_number(l, "age_ms");
	struct fentry	*e;
	uint32_t	 i;

	/* It was not tried: the worker gave it back. */
	if (str_eq(log_line_get(l, STR("verdict")), STR("again")))
		return;
	i = flog_entry(f, l, time_ms, age_ms);
	if (i == 0)
		return;
	flog_attempt(f, l, i, time_ms);
	e = fentry_at(f, i);
	if (e->first == e->last && !e->old)
		ftimes_add(&f->coming, age_ms -
		    (int64_t)flog_number(l, "ms"));
	if (time_ms > f->last_ms)
		f->last_ms = time_ms;
}

void
forecast_line(struct forecast *f, const struct log_line *l)
{
	int64_t	time_ms;

	if (str_eq(l->event, STR("queued")))
		f->stored += flog_number(l, "entries");
	else if (str_eq(l->event, STR("script-queued")))
		f->stored++;
	if ((time_ms = flog_time(l->time)) == -1)
		return;
	if (str_eq(l->event, STR("delivery")))
		flog_delivery(f, l, time_ms);
	else if (str_eq(l->event, STR("queue-open")) &&
	    f->attempt_count == 0)
		f->open_ms = time_ms;
}
