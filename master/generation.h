/*
 * generation - the workers of one configuration
 *
 * A generation probes first: one worker of each service starts and compiles
 * its hooks; only when all of those are ready do the others follow, and only
 * when these are ready too does the generation take over.  A worker that
 * refuses or dies before it is ready fails the generation.  Once it runs,
 * workers that die are replaced with back-off, until it drains.  The process
 * of a single service outlives its generation: the next one adopts it.
 *
 * Ownership  generation_new() takes the conf; generation_free() kills what
 *            still runs.
 * Process    call backs come from the loop, never from inside a call.
 */
#ifndef MASTER_GENERATION_H
#define MASTER_GENERATION_H

#include <stdbool.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "event/loop.h"

#include "certificates.h"
#include "diag.h"
#include "fingerprint.h"
#include "plans.h"
#include "process.h"
#include "told.h"
#include "slot.h"
#include "sockets.h"
#include "tickets.h"

enum generation_state {
	GENERATION_PROBING, GENERATION_STARTING, GENERATION_RUNNING,
	GENERATION_DRAINING, GENERATION_FAILED
};

struct generation_ops {
	void	(*on_diag)(void *arg, const struct diag *d);
	/* What a worker says to a FLUSH. */
	void	(*on_cached)(void *arg, pid_t pid,
		    const struct ipc_CACHED *m);
	void	(*on_flushed)(void *arg, const struct ipc_FLUSHED *m);
	void	(*on_running)(void *arg, struct generation *g);
	void	(*on_failed)(void *arg, struct generation *g);
	/* Its workers have the plans of generation_replan(); false: one does
	 * not answer. */
	void	(*on_replanned)(void *arg, struct generation *g, bool all);
	/* The last worker of a draining generation is gone. */
	void	(*on_gone)(void *arg, struct generation *g);
};

/* What a generation needs of the instance. */
struct house {
	struct loop			*loop;
	TAILQ_HEAD(, process)		 alive;
	struct sockets			 sockets;
	struct slots			 slots;
	struct tickets			 tickets;
	const char			*directory;
	const char			*programs;	/* where they lie */
	int				 log_fd;	/* -1: not a file */
	bool				 check;	/* nothing is to serve */
	const struct generation_ops	*ops;
	void				*arg;
};

struct generation {
	TAILQ_ENTRY(generation)		 link;
	struct house			*house;
	struct conf			*conf;
	uint32_t			 number;
	enum generation_state		 state;
	TAILQ_HEAD(processes, process)	 processes;
	struct fingerprint		 fingerprint;
	struct plans			 plans;
	struct certificates		 certificates;
	struct told			 told;
	struct timer			 patience;	/* start, plans */
	struct task			 news;		/* for ops */
	int64_t				 hard_ms;	/* of the drain */
	bool				 stopping;	/* so are others */
	bool				 replanning;
	bool				 relisted; /* since plans came */
	bool				 deaf;		/* and one was */
};

/* `before`: the one that runs, or NULL; its single services are not made a
 * second time, see generation_adopt(). */
struct generation *generation_new(struct house *h, struct conf *conf,
		    uint32_t number, const struct generation *before,
		    struct err *e);
/* Takes over the processes of single services, once g runs. */
void		 generation_adopt(struct generation *g,
		    struct generation *before);
void		 generation_free(struct generation **g);
/*
 * Would a generation of conf have other workers than g has, but for their
 * plans?  And then, while g runs: it takes conf and plans, which are the
 * caller's no more, and its workers are told.
 */
bool		 generation_differs(const struct generation *g,
		    const struct conf *conf);
void		 generation_replan(struct generation *g, struct conf **conf,
		    struct plans *plans);
/* Reads files of lists that have changed again.  What is wrong is told to
 * report(). */
void		 generation_relist(struct generation *g,
		    conf_report_fn *report, void *arg);
void		 generation_drain(struct generation *g, int64_t soft_ms,
		    int64_t hard_ms, bool stopping);
/* A worker of any generation has gone: whose turn is it to drain? */
void		 generation_next_turn(struct generation *g);
/* True when pid was one of its workers; status is wait()'s. */
bool		 generation_reaped(struct generation *g, pid_t pid,
		    int status);
/* Gives the workers a new log file. */
void		 generation_log(struct generation *g);
/* Tells the workers new keys of tickets. */
void		 generation_tickets(struct generation *g);
/* For process.c: a worker is ready, has taken its plans, or can't start. */
void		 generation_ready(struct generation *g);
void		 generation_replanned(struct generation *g);
void		 generation_fail(struct generation *g);

#endif
