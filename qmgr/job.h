/*
 * job - what a deliver worker has in hand
 *
 * Ownership  a job is its agent's, from job_new() to job_free() or settling;
 *            its entries are the table's of active.h.
 */
#ifndef QMGR_JOB_H
#define QMGR_JOB_H

#include "delivery.h"

struct hopset;

struct job {
	struct hmap_entry	 hash;
	TAILQ_ENTRY(job)	 link;		/* of its agent */
	TAILQ_ENTRY(job)	 turn;		/* to be sent, or SAFE */
	TAILQ_ENTRY(job)	 failover;	/* it is `failing` */
	bool			 failing;	/* it waits for next_hop */
	uint32_t		 next_hop;
	int64_t			 failing_until_ms;
	uint64_t		 number;
	enum job_kind		 kind;
	struct agent		*agent;
	uint64_t		 lease;		/* its number; 0: none */
	uint32_t		 uses;		/* of the lease, so far */
	bool			 connects;	/* the lease is new with it */
	uint64_t		 segment;	/* that was lent; 0: none */
	uint32_t		 hopset;	/* 0: none; counted */
	uint32_t		 hop;
	bool			 barred;	/* none of the hops answers */
	struct active_list	 entries;
	uint32_t		 count;
	uint32_t		 left;		/* without a verdict */
	bool			 sync;		/* SAFE after a sync */
	bool			 settling;	/* in a list of verdict.c */
};
TAILQ_HEAD(job_list, job);

void	job_open(void);
void	job_close(void);
struct job *job_new(struct agent *a, enum job_kind kind, uint64_t number);
/* Of that worker: what another names is not looked at. */
struct job *job_find(const struct agent *a, uint64_t number);
void	job_add(struct job *j, struct active *a);
/* It goes by these hops, that one first. */
void	job_route(struct job *j, uint32_t hopset, uint32_t hop);
void	job_free(struct job *j);
/* What applies to an attempt by that hop, if a script is to see it; it holds
 * until the next call. */
struct str job_policy(const struct schedule_subqueue *q, struct str grouping,
	    const struct hopset *h, uint32_t hop);
/* Frames of it: 0; 1: it can't be sent; -1: nor can others, for now.  Entries
 * that are there no more leave it. */
int	job_send(struct job *j);
/* Its entries wait again as if nothing had been: nothing was tried. */
void	job_undo(struct job *j);
/* One of its entries has its verdict, and is in memory no more. */
void	job_judged(struct job *j, struct active *a);
/* The same without one: the caller tells the book. */
void	job_leave(struct job *j, struct active *a);
/* It leaves the job and its part of the scheduler, and stays in memory. */
void	job_release(struct job *j, struct active *a);
/* It waits again. */
void	job_return(struct job *j, struct active *a);
/* Verdicts are written; those that are told SAFE now. */
void	job_settle(struct job *j);

#endif
