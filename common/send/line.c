/*
 * A lane is what leads to one backend: its places, who waits, and which of
 * its connections are idle.
 *
 * The line is served by a task at the end of the turn in which a place or a
 * connection became free: whoever frees one is in the middle of something.  A
 * send that arrives meanwhile goes behind those who wait.
 *
 * I1  A lane's `places` are the grants that are HELD, OPEN or IDLE.
 * I2  A grant's owner is its lane while it is in the line or has a place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "event/loop.h"

#include "backend.h"
#include "line.h"

#define KEY_MAX		(255 + 2)

struct lane {
	struct hmap_entry	 entry;		/* first */
	struct line		*line;
	struct task		 task;		/* serves the line */
	size_t			 places;
	struct grant_list	 idle;		/* last used first */
	struct grant_list	 waiting;
	char			 key[];
};

static void	lane_serve(void *arg);

/* ---- Lanes ------------------------------------------------------------- */

void
line_init(struct line *l, struct loop *loop, size_t limit)
{
	*l = (struct line){ .loop = loop, .limit = limit };
	hmap_init(&l->lanes);
}

static void
lane_free(struct lane *b)
{
	hmap_remove(&b->line->lanes, &b->entry);
	loop_cancel(b->line->loop, &b->task);
	free(b);
}

static void
lane_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	lane_free((struct lane *)e);
}

void
line_fini(struct line *l)
{
	hmap_walk(&l->lanes, l->lanes.size, lane_free_entry, l);
	hmap_fini(&l->lanes);
}

static struct str
lane_key(const struct send_backend *b, char room[KEY_MAX])
{
	size_t	i, n = b->host.len < KEY_MAX - 2 ? b->host.len : KEY_MAX - 2;

	for (i = 0; i < n; i++)
		room[i] = (char)ascii_lower((unsigned char)b->host.p[i]);
	room[n] = (char)(b->port >> 8);
	room[n + 1] = (char)(b->port & 255);
	return (struct str){ room, n + 2 };
}

static struct lane *
lane_find(struct line *l, const struct send_backend *backend)
{
	char	room[KEY_MAX];

	return (struct lane *)hmap_find(&l->lanes, 0,
	    lane_key(backend, room));
}

static struct lane *
lane_get(struct line *l, const struct send_backend *backend)
{
	struct lane	*b = lane_find(l, backend);
	char		 room[KEY_MAX];
	struct str	 key = lane_key(backend, room);

	if (b != NULL)
		return b;
	b = xcalloc(1, sizeof *b + key.len);
	memcpy(b->key, key.p, key.len);
	b->entry.key = b->key;
	b->entry.len = (uint32_t)key.len;
	b->line = l;
	TAILQ_INIT(&b->idle);
	TAILQ_INIT(&b->waiting);
	task_init(&b->task, lane_serve, b);
	hmap_insert(&l->lanes, &b->entry);
	return b;
}

static void
lane_wake(struct lane *b)
{
	loop_defer(b->line->loop, &b->task);
}

/* ---- Places ------------------------------------------------------------ */

static bool
lane_take_place(struct lane *b)
{
	struct grant	*coldest;

	if (b->places >= b->line->limit) {
		coldest = TAILQ_LAST(&b->idle, grant_list);
		if (coldest == NULL)
			return false;
		grant_evict(coldest);
	}
	b->places++;
	return true;
}

static void
lane_give_place(struct lane *b, struct grant *g)
{
	g->owner = NULL;
	b->places--;
	lane_wake(b);
}

static void
lane_leave_line(struct lane *b, struct grant *g)
{
	TAILQ_REMOVE(&b->waiting, g, link);
	/* The last one may leave a lane that nobody needs. */
	if (TAILQ_EMPTY(&b->waiting))
		lane_wake(b);
}

static void
lane_serve(void *arg)
{
	struct lane	*b = arg;
	struct grant	*g;

	while ((g = TAILQ_FIRST(&b->waiting)) != NULL) {
		if (grant_reuse(g))
			continue;
		if (!lane_take_place(b))
			return;
		lane_leave_line(b, g);
		grant_answer(g, true);
	}
	if (b->places == 0)
		lane_free(b);
}

/* ---- What the engine asks and tells ------------------------------------ */

static enum grant_answer
line_ask(void *arg, struct grant *g)
{
	struct lane	*b = lane_get(arg, g->backend);

	if (g->owner == b)
		return GRANT_YES;
	if (g->owner != NULL)
		lane_give_place(g->owner, g);
	g->owner = b;
	if (TAILQ_EMPTY(&b->waiting) && lane_take_place(b))
		return GRANT_YES;
	TAILQ_INSERT_TAIL(&b->waiting, g, link);
	return GRANT_LATER;
}

static void
line_rests(struct lane *b, struct grant *g)
{
	TAILQ_INSERT_HEAD(&b->idle, g, link);
	if (!TAILQ_EMPTY(&b->waiting))
		lane_wake(b);
}

static void
line_told(void *arg, struct grant *g, enum grant_event ev)
{
	struct lane	*b = g->owner;

	(void)arg;
	if (b == NULL)		/* it has said QUIT */
		return;
	if (ev == GRANT_RESTS) {
		line_rests(b, g);
		return;
	}
	if (g->state == GRANT_IDLE)
		TAILQ_REMOVE(&b->idle, g, link);
	if (ev == GRANT_DROPPED && g->state == GRANT_ASKED) {
		lane_leave_line(b, g);
		g->owner = NULL;
	} else if (ev == GRANT_DROPPED || ev == GRANT_LEAVES ||
	    ev == GRANT_CLOSED)
		lane_give_place(b, g);
}

static bool
line_has_line(void *arg, const struct send_backend *backend)
{
	struct lane	*b = lane_find(arg, backend);

	return b != NULL && !TAILQ_EMPTY(&b->waiting);
}

struct granter
line_granter(struct line *l)
{
	return (struct granter){ line_ask, line_told, line_has_line, l };
}
