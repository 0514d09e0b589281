/*
 * job - what this worker has in hand
 *
 *	COLLECTING  its frames come in
 *	WAITING     for its turn: deliver_concurrency entries are under way
 *	RUNNING     an attempt is made
 *	TOLD        its verdicts were said; SAFE ends it
 *
 * A job that was begun is finished, whatever becomes of qmgr: a qmgr that
 * comes later hears of it (HELD), and of each verdict that had no SAFE.  One
 * of kind PREPARE ends with the connection: nothing was tried.
 *
 * Ownership  jobs are the table's.  Texts of an entry point into job->bytes.
 * Failure    job_new(): NULL, no honest qmgr asks so.
 * Process    on the event loop.
 */
#ifndef DELIVER_JOB_H
#define DELIVER_JOB_H

#include <sys/queue.h>

#include "base/arena.h"
#include "base/hmap.h"
#include "job/job.h"
#include "send/request.h"
#include "spool/content.h"
#include "spool/state.h"

#include "carried.h"

struct channel;
struct ipc_DELIVER_JOB;
struct lease;
struct lent;
struct outlet;
struct after;
struct course;
struct prepare;
struct row;
struct send;
struct traced;
struct trial;
struct way;

#define JOBS_MAX	100000

enum job_stage { JOB_COLLECTING, JOB_WAITING, JOB_RUNNING, JOB_TOLD };

/* One recipient. */
struct job_entry {
	unsigned char		 key[SPOOL_ID_SIZE];
	struct spool_id		 id;
	struct entry_state	 state;
	struct spool_entry	 entry;
	size_t			 at, len, entry_len;	/* in bytes */
	size_t			 carried_len;	/* behind them */
	struct carried		 carried;
	/* Its verdict, once it is told: in `said`. */
	enum job_verdict	 verdict;
	size_t			 said_at, said_len;
};

struct job {
	struct hmap_entry	 hash;		/* first */
	TAILQ_ENTRY(job)	 link;		/* of its stage */
	uint64_t		 number;
	enum job_kind		 kind;
	enum job_stage		 stage;
	struct outlet		*outlet;
	struct lent		*segment;
	struct lease		*lease;		/* or NULL */
	struct way		*way;		/* NULL: the transport's host */
	uint32_t		 hop;		/* of way, which goes first */
	bool			 barred;	/* none can be reached now */
	struct row		*row;		/* or NULL */
	struct trial		*trial;		/* or NULL */
	bool			 wrong;		/* it goes back */
	struct disk_file	*file;		/* with the body, or NULL */
	bool			 wants_file;
	uint64_t		 body, edits;
	int64_t			 queue_ms;	/* queue clock, at came_ms */
	int64_t			 came_ms;
	struct job_entry	*entries;
	struct job_entry	 first;		/* where there is one alone */
	uint32_t		 count, got;
	struct buf		 bytes;		/* grouping, entries */
	size_t			 grouping_len;
	struct buf		 policy;	/* of its pickup; or empty */
	struct buf		 said;		/* states of the verdicts */

	/* The attempt. */
	const struct transport_options *options;	/* with the row's */
	const struct send_backend *backend;	/* of these options */
	struct course		*course;	/* NULL: no way is gone */
	struct prepare		*prepare;	/* of kind PREPARE; or NULL */
	struct after		*after;		/* its verdicts are made */
	struct send		*send;
	struct traced		*traced;	/* NULL: nobody looks */
	struct arena		 arena;
	struct send_rcpt	*rcpts;
	struct str		 secret;
	struct content		 content;
	bool			 opened;
	int64_t			 began_ms;
};
TAILQ_HEAD(job_list, job);

void		 jobs_init(void);
void		 jobs_fini(void);
struct job	*job_new(const struct ipc_DELIVER_JOB *m);
/* The one that is being collected, by its number; NULL: there is none. */
struct job	*job_collecting(uint64_t number);
/* All of it is there. */
void		 job_ready(struct job *j);
void		 job_say(struct job *j, struct job_entry *e,
		    enum job_verdict verdict, const struct entry_state *s);
/* All verdicts are said: they are told if there is somebody. */
void		 job_told(struct job *j);
/* SAFE; -1: there is no such job. */
int		 job_safe(uint64_t number);
/* It goes back: nothing was tried. */
void		 job_again(struct job *j);
/* PREPARED was said: there is no SAFE. */
void		 job_prepared(struct job *j);
/* Of the queue clock. */
int64_t		 job_now_ms(const struct job *j);
/* Under way, by its number; NULL: there is none. */
struct job	*job_running(uint64_t number);
struct str	 job_grouping(const struct job *j);

/* ---- For the connection -------------------------------------------------- */

/* HELD and VERDICT of all of them. */
void		 jobs_tell_all(struct channel *c);
/* Those that wait for leave to go on ask for it. */
void		 jobs_ask_again(void);
/* qmgr has gone: what was not told to its end never was, nor what was being
 * prepared. */
void		 jobs_forget(void);

/* ---- For the drain ------------------------------------------------------- */

/* Those that were not begun go back; and those that can be cut off. */
void		 jobs_return(void);
void		 jobs_cut(void);
size_t		 jobs_running(void);
size_t		 jobs_all(void);		/* of all stages */

#endif
