/*
 * forecast_private - what the files of forecast.h share
 */
#ifndef FORECAST_FORECAST_PRIVATE_H
#define FORECAST_FORECAST_PRIVATE_H

#include "base/arena.h"
#include "base/hmap.h"
#include "schedule/slab.h"

#include "forecast.h"
#include "forecast_route.h"

/* ---- What the log says (forecast_log.c) ---------------------------------- */

enum {
	ATTEMPT_OPENED = 1,	/* the connection was made for it */
	ATTEMPT_BROKEN = 2,	/* and is of no use after it */
	ATTEMPT_DEAD = 4,	/* nobody was there */
	ATTEMPT_APART = 8,	/* there was nowhere to go */
	ATTEMPT_LAST = 16	/* done, or given up */
};

struct fattempt {
	int64_t		end_ms;		/* as it was */
	uint32_t	ms, open_ms;
	uint32_t	delay_ms;	/* until it was due again */
	uint32_t	next;		/* of the same recipient */
	uint32_t	flags;
};

struct fentry {
	unsigned char	txn[16];
	uint32_t	number;
	uint32_t	queue;		/* below */
	int64_t		came_ms;
	int64_t		over_ms;	/* simulated; 0: not yet */
	uint32_t	first, last;	/* attempts */
	uint32_t	at;		/* the next one, or the one that runs */
	uint32_t	ref;		/* the scheduler's */
	uint32_t	place;		/* among those that wait */
	uint32_t	next;		/* of its job, or of the rest */
	uint8_t		priority;
	bool		old;		/* of attempts before this log */
};

struct fname {
	struct hmap_entry	hash;
	uint32_t		self;
};

/* What is known before routing. */
struct fqueue {
	struct hmap_entry	 hash;
	uint32_t		 self;
	uint32_t		 key[4];	/* names: transport, domain,
						 * tenant, job */
	struct froute		*route;		/* NULL: no such transport */
	/* Those that its window has no room for, in turn; 0: none.  And one
	 * that the scheduler had, to be asked for them. */
	uint32_t		 rest, rest_last, shown;
};
enum { KEY_TRANSPORT, KEY_DOMAIN, KEY_TENANT, KEY_JOB };

#define TIMES_MAX	1000
#define RECENT		4096		/* a power of two */

/* Milliseconds, counted. */
struct ftimes {
	uint32_t	count[TIMES_MAX];
	uint64_t	all;
};

/* The last attempt over a connection. */
struct frecent {
	uint64_t	hash;
	int64_t		end_ms;
	uint64_t	transactions;
};

struct forecast {
	const struct transports	*transports;
	struct arena		 arena;
	struct hmap		 names, queues, routes, lists;
	struct str		*name;		/* by their numbers */
	struct fqueue		**queue;
	uint32_t		 name_count, name_cap;
	uint32_t		 queue_count, queue_cap;
	struct slab		 entries, attempts;
	struct slab_index	 by_id;
	uint64_t		 secret[2];
	struct ftimes		 coming;	/* from coming to the first */
	struct frecent		 recent[RECENT];
	uint64_t		 stored;	/* recipients */
	uint64_t		 attempt_count;
	int64_t			 open_ms;	/* qmgr began; 0: before */
	int64_t			 first_ms, last_ms;
	struct buf		 text;
	struct forecast_report	 report;
};

static inline struct fentry *
fentry_at(const struct forecast *f, uint32_t i)
{
	return slab_at(&f->entries, i);
}

static inline struct fattempt *
fattempt_at(const struct forecast *f, uint32_t i)
{
	return slab_at(&f->attempts, i);
}

uint32_t	 fname_take(struct forecast *f, struct str name);
struct fqueue	*fqueue_take(struct forecast *f, const uint32_t key[4]);
/* From the end of an attempt to the beginning of the next one over the same
 * connection, where there is always a next one. */
uint32_t	 fturn(struct forecast *f);
/* Of the least of them; 0: nothing was counted. */
uint32_t	 ftimes_least(const struct ftimes *t);

/* ---- Its report (forecast_report.c) -------------------------------------- */

void	freport_make(struct forecast *f);

#endif
