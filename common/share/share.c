/*
 * A ticket stands in one list by its state (queued, asked, held) and in a hash
 * by its id, which the answer names.  What differs between a socket and a
 * store of this process is behind share_ops.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "share_private.h"

void
share_init(struct share *s, struct loop *l, const struct share_ops *ops)
{
	int	i;

	s->ops = ops;
	s->loop = l;
	hmap_init(&s->tickets);
	for (i = TICKET_QUEUED; i <= TICKET_HELD; i++)
		TAILQ_INIT(&s->lists[i]);
}

static void
ticket_end(struct share_ticket *t)
{
	struct share	*s = t->share;

	TAILQ_REMOVE(&s->lists[t->state], t, link);
	hmap_remove(&s->tickets, &t->entry);
}

void
share_free(struct share **sp)
{
	struct share		*s = *sp;
	struct share_ticket	*t;
	int			 i;

	if (s == NULL)
		return;
	*sp = NULL;
	for (i = TICKET_QUEUED; i <= TICKET_HELD; i++)
		while ((t = TAILQ_FIRST(&s->lists[i])) != NULL) {
			ticket_end(t);
			free(t);
		}
	hmap_fini(&s->tickets);
	s->ops->free(s);
}

size_t
share_open_tickets(const struct share *s)
{
	return s->tickets.count;
}

static char *
ticket_copy(char *to, struct str *s)
{
	if (s->len > 0)
		memcpy(to, s->p, s->len);
	s->p = to;
	return to + s->len;
}

struct share_ticket *
share_ask(struct share *s, const struct share_question *q,
    share_done_fn *done, void *arg)
{
	struct share_ticket	*t;

	t = xcalloc(1, sizeof *t + q->key.len + q->value.len);
	t->share = s;
	t->id = ++s->last_id;
	t->done = done;
	t->arg = arg;
	t->q = *q;
	(void)ticket_copy(ticket_copy(t->bytes, &t->q.key), &t->q.value);
	t->entry.key = (const char *)&t->id;
	t->entry.len = sizeof t->id;
	hmap_insert(&s->tickets, &t->entry);
	t->state = TICKET_QUEUED;
	TAILQ_INSERT_TAIL(&s->lists[TICKET_QUEUED], t, link);
	s->ops->ask(s);
	return t;
}

void
share_cancel(struct share_ticket **tp)
{
	struct share_ticket	*t = *tp;

	if (t == NULL)
		return;
	*tp = NULL;
	ticket_end(t);
	t->share->ops->drop(t->share, t);
	free(t);
}

void
share_move(struct share_ticket *t, enum ticket_state to)
{
	TAILQ_REMOVE(&t->share->lists[t->state], t, link);
	t->state = to;
	TAILQ_INSERT_TAIL(&t->share->lists[to], t, link);
}

struct share_ticket *
share_find(struct share *s, uint64_t id)
{
	return (struct share_ticket *)hmap_find(&s->tickets, 0,
	    (struct str){ (const char *)&id, sizeof id });
}

void
share_answered(struct share_ticket *t, const struct share_answer *a)
{
	if (t->q.op == SHARE_LOCK && a->status == SHARE_OK) {
		share_move(t, TICKET_HELD);
		t->done(t->arg, a);
		return;
	}
	ticket_end(t);
	t->done(t->arg, a);
	free(t);
}
