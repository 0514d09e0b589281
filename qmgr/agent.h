/*
 * agent - deliver workers: who there is, and what they say
 *
 * Ownership  An agent is the list's, until its process is gone.
 */
#ifndef QMGR_AGENT_H
#define QMGR_AGENT_H

#include "delivery.h"

struct lent {
	uint64_t	segment;
	uint32_t	jobs;
	bool		gone;		/* its file was removed */
	uint64_t	stamp;
};

struct agent {
	TAILQ_ENTRY(agent)	 link;
	struct channel		*channel;	/* NULL: it is away */
	pid_t			 pid;
	uint16_t		 slot;
	uint32_t		 in_flight;
	bool			 greeted, ready, full, draining;
	bool			 starved;	/* lent too much */
	bool			 alone;		/* it gets one job */
	struct job_list		 jobs;
	uint32_t		 job_count;
	struct hmap		 known;		/* numbers of texts */
	struct lent		 lent[JOB_SEGMENTS_MAX];
	uint32_t		 lent_count;
	uint64_t		 stamp;
	uint64_t		*said;		/* jobs, before READY */
	size_t			 said_count;
	uint32_t		 leased;	/* new ones, since READY */
};

void	agent_accept(int fd, pid_t pid);
void	agent_gone(pid_t pid, int signal, struct str culprit);
struct agent *agent_at(uint16_t slot);
bool	agent_is_ready(pid_t pid);
/* The one with the fewest jobs; NULL: there is none. */
struct agent *agent_idle(void);
/* Its connection ends; it comes again, and says what it has. */
void	agent_lose(struct agent *a);
/* Something that decides whether it may have jobs has changed. */
void	agent_update(struct agent *a);
/* It was sent a job: while it does not read it is passed by. */
void	agent_given(struct agent *a);
/* What it might have had of a qmgr before, and has not, waits again. */
void	agent_release(pid_t pid);
void	agent_close(void);
void	agents_each(void (*fn)(void *arg, struct agent *a), void *arg);

#endif
