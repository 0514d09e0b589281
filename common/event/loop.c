/*
 * A timer keeps its own due time; the libevent event below it fires at the
 * latest then.  Moving a timer later (the idle timeout of a busy session) is
 * a store: when the event fires early it is set again for what is left.
 */
#include <event2/event.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fatal.h"
#include "base/log.h"
#include "base/mem.h"

#include "loop.h"

TAILQ_HEAD(task_list, task);

struct loop {
	struct event_base	*base;
	struct task_list	 tasks;
	int64_t			 now_ms;	/* 0: not read in this turn */
	bool			 stop;
};

struct watch {
	struct event	*ev;
	void		(*fn)(void *arg);
	void		*arg;
};

struct loop *
loop_new(struct err *e)
{
	struct event_config	*config = event_config_new();
	struct loop		*l = xcalloc(1, sizeof *l);

	TAILQ_INIT(&l->tasks);
	if (config != NULL) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK |
		    EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
		l->base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (l->base == NULL) {
		(void)err_set(e, "the system gives no event queue");
		free(l);
		return NULL;
	}
	return l;
}

void
loop_free(struct loop **l)
{
	if (*l == NULL)
		return;
	event_base_free((*l)->base);
	free(*l);
	*l = NULL;
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

/*
 * A task may queue others, also itself: those run in this turn as well, but
 * only as many rounds as keep one turn bounded.
 */
static void
loop_tasks(struct loop *l)
{
	struct task	*t;
	int		 left = 100000;

	while ((t = TAILQ_FIRST(&l->tasks)) != NULL && left-- > 0) {
		TAILQ_REMOVE(&l->tasks, t, link);
		t->queued = false;
		t->fn(t->arg);
	}
}

int
loop_run(struct loop *l)
{
	int	flags;

	l->stop = false;
	while (!l->stop) {
		loop_tasks(l);
		log_flush();
		if (l->stop)
			break;
		l->now_ms = 0;
		flags = EVLOOP_ONCE;
		if (!TAILQ_EMPTY(&l->tasks))
			flags |= EVLOOP_NONBLOCK;
		if (event_base_loop(l->base, flags) == -1)
			return -1;
	}
	return 0;
}

void
loop_stop(struct loop *l)
{
	l->stop = true;
}

int64_t
loop_now_ms(struct loop *l)
{
	if (l->now_ms == 0)
		l->now_ms = clock_mono_ms();
	return l->now_ms;
}

static void
timer_set(struct timer *t, int64_t delay_ms)
{
	struct timeval	tv;

	tv.tv_sec = delay_ms / 1000;
	tv.tv_usec = delay_ms % 1000 * 1000;
	if (evtimer_add(t->ev, &tv) == -1)
		fatal("no memory for a timer");
}

static void
timer_fire(evutil_socket_t fd, short what, void *arg)
{
	struct timer	*t = arg;
	int64_t		 left;

	(void)fd;
	(void)what;
	t->set_ms = 0;
	if (!t->armed)
		return;
	left = t->due_ms - loop_now_ms(t->loop);
	if (left > 0) {
		t->set_ms = t->due_ms;
		timer_set(t, left);
		return;
	}
	t->armed = false;
	t->fn(t->arg);
}

void
timer_init(struct timer *t, struct loop *l, void (*fn)(void *arg), void *arg)
{
	*t = (struct timer){ .loop = l, .fn = fn, .arg = arg };
}

void
timer_start(struct timer *t, int64_t delay_ms)
{
	if (t->ev == NULL) {
		t->ev = evtimer_new(t->loop->base, timer_fire, t);
		if (t->ev == NULL)
			fatal("no memory for a timer");
	}
	if (delay_ms < 0)
		delay_ms = 0;
	t->due_ms = loop_now_ms(t->loop) + delay_ms;
	t->armed = true;
	if (t->set_ms != 0 && t->set_ms <= t->due_ms)
		return;
	t->set_ms = t->due_ms;
	timer_set(t, delay_ms);
}

void
timer_stop(struct timer *t)
{
	t->armed = false;
}

void
timer_fini(struct timer *t)
{
	if (t->ev != NULL)
		event_free(t->ev);
	t->ev = NULL;
	t->armed = false;
	t->set_ms = 0;
}

void
task_init(struct task *t, void (*fn)(void *arg), void *arg)
{
	*t = (struct task){ .fn = fn, .arg = arg };
}

void
loop_defer(struct loop *l, struct task *t)
{
	if (t->queued)
		return;
	t->queued = true;
	TAILQ_INSERT_TAIL(&l->tasks, t, link);
}

void
loop_cancel(struct loop *l, struct task *t)
{
	if (!t->queued)
		return;
	t->queued = false;
	TAILQ_REMOVE(&l->tasks, t, link);
}

static void
watch_fire(evutil_socket_t fd, short what, void *arg)
{
	struct watch	*w = arg;

	(void)fd;
	(void)what;
	w->fn(w->arg);
}

static struct watch *
watch_new(struct loop *l, int fd, short what, struct watch init)
{
	struct watch	*w = xmemdup(&init, sizeof init);

	w->ev = event_new(l->base, fd, what | EV_PERSIST, watch_fire, w);
	if (w->ev == NULL)
		fatal("no memory for an event");
	watch_resume(w);
	return w;
}

struct watch *
watch_signal(struct loop *l, int signo, void (*fn)(void *arg), void *arg)
{
	return watch_new(l, signo, EV_SIGNAL,
	    (struct watch){ .fn = fn, .arg = arg });
}

struct watch *
watch_readable(struct loop *l, int fd, void (*fn)(void *arg), void *arg)
{
	return watch_new(l, fd, EV_READ,
	    (struct watch){ .fn = fn, .arg = arg });
}

void
watch_pause(struct watch *w)
{
	(void)event_del(w->ev);
}

void
watch_resume(struct watch *w)
{
	if (event_add(w->ev, NULL) == -1)
		fatal("no memory for an event");
}

void
watch_renew(struct watch *w)
{
	watch_pause(w);
	watch_resume(w);
}

void
watch_free(struct watch **w)
{
	if (*w == NULL)
		return;
	event_free((*w)->ev);
	free(*w);
	*w = NULL;
}
