/*
 * forecast - what the log tells of, under other policies
 *
 * The deliveries of a log go through the scheduler once more, by a virtual
 * clock: recipients come when they came, an attempt takes as long as it took
 * and ends as it did, and what was deferred comes back after the same delay.
 * Only when an attempt is begun, and over which connection, is for policies to
 * say.  A connection that the log knows as one that was there before costs
 * what others to the same hosts did where it has to be opened, and the other
 * way around.
 *
 * Where mail may go is what the log says of its route (a transport, and where
 * the transport has no host the domain): all hosts that were spoken to, each
 * from all sources of transport.cf.
 *
 *	forecast_new(), forecast_line() for each line, forecast_run(),
 *	forecast_report()
 *
 * Ownership  forecast_new() gives, forecast_free() takes and clears; transports
 *            and policies are borrowed as long.  What is reported is the
 *            forecast's.
 * Failure    forecast_run(): -1 with *e, the log tells of nothing to run.
 * Process    pure.  Memory: some 170 bytes a recipient, 40 for each further
 *            attempt, and 70 for each that waits at a time.
 */
#ifndef FORECAST_FORECAST_H
#define FORECAST_FORECAST_H

#include "logs/log_line.h"
#include "schedule/policy.h"
#include "schedule/schedule_view.h"
#include "schedule/transport.h"

struct forecast;

struct forecast_options {
	struct policies		*policies;
	uint32_t		 in_flight;	/* recipients at a time */
	uint32_t		 active_limit, active_window; /* main.cf's */
	uint64_t		 seed;		/* 0: any */
	/* Told now and then; or NULL. */
	void			(*progress)(void *arg, uint64_t done,
				    uint64_t all);
	void			*arg;
};

/* Percentiles of delay: from a message's coming to its last attempt's end. */
struct forecast_delay {
	int64_t	p50_ms, p90_ms, p99_ms;
};

/* A tenant or a destination. */
struct forecast_group {
	struct str		name;
	uint64_t		count;
	struct forecast_delay	logged, simulated;
};

/* What was waited for: by so many recipients together, so long. */
struct forecast_wait {
	enum schedule_wait	why;
	struct str		limiter;	/* or none */
	double			seconds;
};

struct forecast_report {
	uint64_t		 recipients;	/* that were run */
	uint64_t		 attempts;
	uint64_t		 over;		/* with a last verdict */
	/* Of the log, which are left out: of transports that are not there,
	 * and that were queued but never tried. */
	uint64_t		 nowhere, untried;
	uint64_t		 domainless;	/* log_addresses hides it */
	uint64_t		 stuck;		/* would not go in a month */
	int64_t			 first_ms;	/* when the first came */
	int64_t			 logged_ms, simulated_ms; /* all took */
	int64_t			 turn_ms;	/* what an attempt costs beyond
						 * its own time */
	struct forecast_delay	 logged, simulated;	/* of all */
	struct forecast_group	*tenants, *domains;	/* the busiest first */
	size_t			 tenant_count, domain_count;
	struct forecast_wait	*waits;		/* the longest first */
	size_t			 wait_count;
	double			 waited_s;	/* in all */
};

struct forecast	*forecast_new(const struct transports *t);
void		 forecast_free(struct forecast **f);
/* Any line of the log; the oldest first, or nearly so. */
void		 forecast_line(struct forecast *f, const struct log_line *l);
int		 forecast_run(struct forecast *f,
		    const struct forecast_options *o, struct err *e);
const struct forecast_report *forecast_report(struct forecast *f);

#endif
