/*
 * process - one worker, and what master tells it
 *
 * Ownership  a generation has the storage, and moves it to the next one where
 *            the worker is kept.
 * Failure    process_start(): -1, the system gives no process.
 */
#ifndef MASTER_PROCESS_H
#define MASTER_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "event/loop.h"
#include "ipc/channel.h"

struct generation;
struct slot;

enum process_state {
	PROCESS_NONE,		/* not running; its timer may be set */
	PROCESS_STARTING, PROCESS_READY, PROCESS_DRAINING
};

struct process {
	TAILQ_ENTRY(process)		 link;
	TAILQ_ENTRY(process)		 alive;	/* of the house, with a pid */
	struct generation		*generation;
	const struct conf_service	*service;
	struct slot			*slot;
	struct channel			*channel;
	struct timer			 restart;
	struct timer			 deaf;	/* draining: does it answer? */
	struct timer			 relink;	/* a link failed */
	enum process_state		 state;
	pid_t				 pid;
	uid_t				 uid;
	int64_t				 started_ms;
	int64_t				 backoff_ms;
	uint32_t			 restarts;
	uint32_t			 bound;	/* of the sockets it has */
	uint32_t			 renewals;	/* not answered yet */
	bool				 asked;	/* and has not answered yet */
	bool				 probe;
	bool				 refused;	/* and said why */
};

void		 process_init(struct process *p, struct generation *g,
		    const struct conf_service *svc);
int		 process_start(struct process *p);
void		 process_drain(struct process *p, int64_t soft_ms,
		    int64_t hard_ms);
/* Tells it the parameters of its new generation. */
void		 process_renew(struct process *p);
/* Tells it the plans of its generation, if they are for it. */
void		 process_replan(struct process *p);
/* List n of its generation's plans has changed, if that is for it. */
void		 process_relist(struct process *p, size_t n);
void		 process_tell_tickets(struct process *p);
const char	*process_state_name(const struct process *p);

#endif
