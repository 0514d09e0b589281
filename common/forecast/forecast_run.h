/*
 * forecast_run - what the parts of a run share: its clock and events
 * (forecast_event.c), and what is waited for (forecast_wait.c)
 *
 * Included by these and forecast_run.c alone.
 */
#ifndef FORECAST_FORECAST_RUN_H
#define FORECAST_FORECAST_RUN_H

#include "schedule/policy_way.h"

#include "forecast_private.h"

enum fevent_kind { EVENT_DUE, EVENT_END, EVENT_IDLE };

struct fevent {
	int64_t		at_ms;
	uint32_t	order;		/* among those of one time */
	uint32_t	kind, id, stamp;
};

/* Events by time (forecast_event.c). */
struct fevents {
	struct fevent	*heap;
	size_t		 count, cap;
	uint32_t	 order;
};

void	fevents_add(struct fevents *q, int64_t at_ms, enum fevent_kind kind,
	    uint32_t id, uint32_t stamp);
/* INT64_MAX: there is none. */
int64_t	fevents_first(const struct fevents *q);
struct fevent fevents_take(struct fevents *q);

struct fjob {
	uint32_t	conn;		/* 0: none */
	uint32_t	first;		/* recipients */
	uint32_t	hop;
	struct froute	*route;
};

struct fconn {
	int64_t			 opened_ms;
	uint32_t		 uses, stamp;
	const struct transport	*transport;
};

/* What is waited for (forecast_wait.c). */
struct fwait {
	struct hmap_entry	 hash;
	enum schedule_wait	 why;
	struct str		 limiter;
	double			 ms;
};

/* Looks at who waits, in the time that the log was of.  Where the run takes
 * longer they come to be rarer. */
enum { WAIT_LOOKS = 4000 };

struct frun {
	struct forecast		*f;
	const struct forecast_options *o;
	struct schedule		*s;
	struct policy_matcher	*matcher;
	struct policy_ways	 ways;
	struct fevents		 events;
	struct slab		 jobs;
	struct fconn		*conn;
	size_t			 conn_size;
	struct fcome		*come;		/* recipients, as they come */
	size_t			 come_count, come_at;
	uint32_t		*waiting;	/* recipients, in no order */
	size_t			 waiting_count, waiting_cap;
	int64_t			 start_ms, now_ms, wake_ms, windows_ms;
	int64_t			 picked_ms, last_ms;	/* when one went,
						 * and one ended */
	int64_t			 look_ms, step_ms;	/* the next look, and
						 * from look to look */
	uint32_t		 looks;
	uint64_t		 done;		/* attempts */
	int64_t			 turn_ms, coming_ms;
	uint64_t		 random;
	struct hmap		 waits;
	unsigned		 group_fields;
	struct buf		 label;
};

/* What it is for the scheduler; false: its window has no room. */
bool	fqueue_add(struct frun *r, uint32_t entry, struct fqueue *q);
/* Behind others that had none. */
void	fqueue_leave(struct frun *r, uint32_t entry, struct fqueue *q);
void	fqueue_refill(struct frun *r, struct fqueue *q);
void	fqueues_refill(struct frun *r);		/* all */
struct fqueue *fqueue_named(struct frun *r,
	    const struct schedule_subqueue *q);
/* As many as r->ways.count. */
const struct schedule_candidate *fqueue_candidates(struct frun *r,
	    const struct schedule_subqueue *q, struct str grouping,
	    const struct froute *to);

/* A look at who waits, and what for, by drawing some. */
void	fwaits_look(struct frun *r);
void	fwaits_report(struct frun *r);
void	fwaits_add(struct frun *r, uint32_t entry);
void	fwaits_drop(struct frun *r, uint32_t entry);

#endif
