/*
 * loop - the event loop of a worker
 *
 * One loop per process, on libevent.  A turn handles all that is ready, then
 * runs what was put off to its end (loop_defer), then writes the log.
 *
 * Ownership  loop_new() gives, loop_free() takes and clears the pointer.
 *            Timers and tasks are the caller's storage and must be stopped
 *            before that storage goes.
 * Failure    loop_new(): NULL with *e.  The rest: none.
 * Process    single-threaded; create after fork.
 */
#ifndef EVENT_LOOP_H
#define EVENT_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/err.h"

struct event;
struct event_base;
struct loop;

struct loop		*loop_new(struct err *e);
void			 loop_free(struct loop **l);
struct event_base	*loop_base(struct loop *l);
/* Until loop_stop(); -1 when the system's poll failed. */
int			 loop_run(struct loop *l);
void			 loop_stop(struct loop *l);
/* Milliseconds of the monotonic clock, read once a turn. */
int64_t			 loop_now_ms(struct loop *l);

/* ---- Timers: once, after a delay --------------------------------------- */

struct timer {
	struct loop	*loop;
	struct event	*ev;		/* made at the first start */
	void		(*fn)(void *arg);
	void		*arg;
	int64_t		 due_ms;	/* when to call fn */
	int64_t		 set_ms;	/* when the event fires */
	bool		 armed;
};

void	timer_init(struct timer *t, struct loop *l, void (*fn)(void *arg),
	    void *arg);
/* Starting again moves it; moving it later costs no system work. */
void	timer_start(struct timer *t, int64_t delay_ms);
void	timer_stop(struct timer *t);
void	timer_fini(struct timer *t);		/* stops, gives memory back */

/* ---- Tasks: at the end of this turn ------------------------------------ */

struct task {
	TAILQ_ENTRY(task)	 link;
	void			(*fn)(void *arg);
	void			*arg;
	bool			 queued;
};

void	task_init(struct task *t, void (*fn)(void *arg), void *arg);
void	loop_defer(struct loop *l, struct task *t);	/* once per turn */
void	loop_cancel(struct loop *l, struct task *t);

/* ---- Signals and descriptors ------------------------------------------- */

struct watch;		/* a descriptor or a signal */

struct watch	*watch_signal(struct loop *l, int signo,
		    void (*fn)(void *arg), void *arg);
struct watch	*watch_readable(struct loop *l, int fd, void (*fn)(void *arg),
		    void *arg);
void		 watch_pause(struct watch *w);
void		 watch_resume(struct watch *w);
/* Registers the descriptor again: the kernel may have dropped it for want of
 * memory, which the library does not tell. */
void		 watch_renew(struct watch *w);
void		 watch_free(struct watch **w);

#endif
