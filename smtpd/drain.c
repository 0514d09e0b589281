/*
 * The whole drain of a worker, in the order in which it happens:
 *
 *	drain_begin()		no more is accepted
 *	drain_soft()		421 between transactions: now (LIFE_SOFT of
 *				life.c), and where a session comes to stand
 *				there later (drain_allows())
 *	drain_hard()		421 everywhere but where a backend was given
 *				the end of a message (LIFE_HARD)
 *	drain_session_gone()	the last one: the worker exits
 */
#include "acceptor.h"
#include "drain.h"
#include "front.h"
#include "server.h"
#include "session.h"

static void
drain_log(const struct server *srv, const char *limit)
{
	LOG(EV_DRAIN, NULL, LOG_STR("limit", limit),
	    LOG_NUM("sessions", (int64_t)srv->session_count));
}

/* A session may free itself, never its neighbours. */
static void
drain_tell(struct server *srv, enum life_event what)
{
	struct session	*s, *next;

	TAILQ_FOREACH_SAFE(s, &srv->sessions, link, next)
		life_happens(s, what);
	drain_session_gone(srv);
}

static void
drain_soft(void *arg)
{
	struct server	*srv = arg;

	srv->drain.soft_passed = true;
	drain_log(srv, "soft");
	drain_tell(srv, LIFE_SOFT);
}

/* The limits may come in any order; this one is the stricter. */
static void
drain_hard(void *arg)
{
	struct server	*srv = arg;

	srv->drain.soft_passed = srv->drain.hard_passed = true;
	drain_log(srv, "hard");
	front_close_all(srv);
	drain_tell(srv, LIFE_HARD);
}

static void
drain_limit(struct timer *t, int64_t ms, struct loop *l)
{
	if (!t->armed || t->due_ms > loop_now_ms(l) + ms)
		timer_start(t, ms);
}

void
drain_init(struct server *srv)
{
	timer_init(&srv->drain.soft, srv->loop, drain_soft, srv);
	timer_init(&srv->drain.hard, srv->loop, drain_hard, srv);
}

void
drain_begin(struct server *srv, int64_t soft_ms, int64_t hard_ms)
{
	acceptor_free(&srv->acceptor);
	srv->drain.begun = true;
	drain_log(srv, "none");
	drain_limit(&srv->drain.soft, soft_ms, srv->loop);
	drain_limit(&srv->drain.hard, hard_ms, srv->loop);
	drain_session_gone(srv);
}

bool
drain_allows(const struct server *srv)
{
	return !srv->drain.soft_passed;
}

void
drain_session_gone(struct server *srv)
{
	if (srv->drain.begun && srv->session_count == 0)
		worker_exit(srv->worker);
}
