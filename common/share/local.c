/*
 * A desk in this process.  What it answers waits for another turn of the
 * loop, as if it had come from elsewhere.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "desk.h"
#include "share_private.h"

struct ready {
	STAILQ_ENTRY(ready)	 link;
	uint64_t		 id;
	struct share_answer	 answer;
	char			 bytes[];
};

struct local {
	struct share		 share;		/* first */
	struct desk		*desk;
	struct desk_client	 client;
	struct timer		 work;
	STAILQ_HEAD(, ready)	 ready;
};

static void
local_answer(void *arg, struct desk_client *c, uint64_t id,
    const struct share_answer *a)
{
	struct local	*l = arg;
	struct ready	*r = xcalloc(1, sizeof *r + a->value.len);

	(void)c;
	r->id = id;
	r->answer = *a;
	if (a->value.len > 0)
		memcpy(r->bytes, a->value.p, a->value.len);
	r->answer.value.p = r->bytes;
	STAILQ_INSERT_TAIL(&l->ready, r, link);
	timer_start(&l->work, 0);
}

/* There is no peer here that could lie: a refusal is an error of this process,
 * and is answered as if there were no room. */
static void
local_ask_queued(struct local *l)
{
	static const struct share_answer	 bad = { .status = SHARE_FULL };
	struct share_ticket			*t;

	while ((t = TAILQ_FIRST(&l->share.lists[TICKET_QUEUED])) != NULL) {
		share_move(t, TICKET_ASKED);
		if (desk_ask(l->desk, &l->client, t->id, &t->q,
		    loop_now_ms(l->share.loop)) == -1)
			local_answer(l, &l->client, t->id, &bad);
	}
}

/* One answer a turn, since done() may do anything, even free the share. */
static void
local_work(void *arg)
{
	struct local		*l = arg;
	struct ready		*r;
	struct share_ticket	*t;

	local_ask_queued(l);
	r = STAILQ_FIRST(&l->ready);
	if (r == NULL)
		return;
	STAILQ_REMOVE_HEAD(&l->ready, link);
	if (!STAILQ_EMPTY(&l->ready))
		timer_start(&l->work, 0);
	t = share_find(&l->share, r->id);
	if (t != NULL)
		share_answered(t, &r->answer);
	free(r);
}

static void
local_ask(struct share *s)
{
	timer_start(&((struct local *)s)->work, 0);
}

static void
local_drop(struct share *s, struct share_ticket *t)
{
	struct local	*l = (struct local *)s;

	if (t->state != TICKET_QUEUED)
		desk_drop(l->desk, &l->client, t->id);
}

static void
local_free(struct share *s)
{
	struct local	*l = (struct local *)s;
	struct ready	*r;

	while ((r = STAILQ_FIRST(&l->ready)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->ready, link);
		free(r);
	}
	desk_leave(l->desk, &l->client);
	while ((r = STAILQ_FIRST(&l->ready)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->ready, link);
		free(r);
	}
	desk_free(&l->desk);
	timer_fini(&l->work);
	free(l);
}

struct share *
share_local(struct loop *loop, size_t limit_bytes)
{
	static const struct share_ops	 ops = { local_ask, local_drop,
	    local_free };
	struct local			*l = xcalloc(1, sizeof *l);

	share_init(&l->share, loop, &ops);
	l->desk = desk_new(limit_bytes, local_answer, l);
	desk_enter(l->desk, &l->client);
	desk_open(l->desk);
	timer_init(&l->work, loop, local_work, l);
	STAILQ_INIT(&l->ready);
	return &l->share;
}
