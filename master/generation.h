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
#include "ipc/channel.h"

#include "certificates.h"
#include "diag.h"
#include "plans.h"
#include "told.h"
#include "slot.h"
#include "sockets.h"
#include "tickets.h"

enum generation_state {
	GENERATION_PROBING, GENERATION_STARTING, GENERATION_RUNNING,
	GENERATION_DRAINING, GENERATION_FAILED
};

enum process_state {
	PROCESS_NONE,		/* not running; its timer may be set */
	PROCESS_STARTING, PROCESS_READY, PROCESS_DRAINING
};

struct generation;

struct process {
	TAILQ_ENTRY(process)		 link;
	TAILQ_ENTRY(process)		 alive;	/* of the house, with a pid */
	struct generation		*generation;
	const struct conf_service	*service;
	struct slot			*slot;
	struct channel			*channel;
	struct timer			 restart;
	struct timer			 deaf;	/* draining: does it answer? */
	enum process_state		 state;
	pid_t				 pid;
	uid_t				 uid;
	int64_t				 started_ms;
	int64_t				 backoff_ms;
	uint32_t			 restarts;
	uint32_t			 bound;	/* of the sockets it has */
	bool				 asked;	/* and has not answered yet */
	bool				 probe;
	bool				 refused;	/* and said why */
};

struct generation_ops {
	void	(*on_diag)(void *arg, const struct diag *d);
	void	(*on_running)(void *arg, struct generation *g);
	void	(*on_failed)(void *arg, struct generation *g);
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
	struct plans			 plans;
	struct certificates		 certificates;
	struct told			 told;
	struct timer			 patience;
	struct task			 news;		/* for ops */
	int64_t				 hard_ms;	/* of the drain */
	bool				 stopping;	/* so are others */
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
const char	*process_state_name(const struct process *p);

/* generation.c keeps the states, process.c one worker. */
void		 process_init(struct process *p, struct generation *g,
		    const struct conf_service *svc);
int		 process_start(struct process *p);
void		 process_drain(struct process *p, int64_t soft_ms,
		    int64_t hard_ms);
/* Tells it the parameters of its new generation. */
void		 process_renew(struct process *p);
void		 process_tell_tickets(struct process *p);
void		 generation_ready(struct generation *g);
void		 generation_fail(struct generation *g);

#endif
