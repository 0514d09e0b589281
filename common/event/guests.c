/*
 * One tree, by user and process; the row of a user's sum has no process.
 */
#include <stdlib.h>

#include "base/mem.h"
#include "compat/peer.h"

#include "guests.h"

#define ALL_OF_USER	((pid_t)-1)

struct guest {
	RB_ENTRY(guest)	link;
	uid_t		uid;
	pid_t		pid;
	unsigned	count;
};

static int
guest_compare(const struct guest *a, const struct guest *b)
{
	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return (a->pid > b->pid) - (a->pid < b->pid);
}

RB_PROTOTYPE(guest_tree, guest, link, guest_compare)
RB_GENERATE(guest_tree, guest, link, guest_compare)

static struct guest *
guests_find(struct guests *g, uid_t uid, pid_t pid)
{
	struct guest	key = { .uid = uid, .pid = pid };

	return RB_FIND(guest_tree, &g->tree, &key);
}

static unsigned
guests_count(struct guests *g, uid_t uid, pid_t pid)
{
	const struct guest	*found = guests_find(g, uid, pid);

	return found != NULL ? found->count : 0;
}

static void
guests_add(struct guests *g, uid_t uid, pid_t pid)
{
	struct guest	*found = guests_find(g, uid, pid);

	if (found == NULL) {
		found = xcalloc(1, sizeof *found);
		found->uid = uid;
		found->pid = pid;
		RB_INSERT(guest_tree, &g->tree, found);
	}
	found->count++;
}

static void
guests_remove(struct guests *g, uid_t uid, pid_t pid)
{
	struct guest	*found = guests_find(g, uid, pid);

	if (found == NULL || --found->count > 0)
		return;
	RB_REMOVE(guest_tree, &g->tree, found);
	free(found);
}

void
guests_init(struct guests *g, unsigned per_process, unsigned per_user)
{
	RB_INIT(&g->tree);
	g->per_process = per_process;
	g->per_user = per_user;
}

void
guests_fini(struct guests *g)
{
	struct guest	*one;

	while ((one = RB_ROOT(&g->tree)) != NULL) {
		RB_REMOVE(guest_tree, &g->tree, one);
		free(one);
	}
}

bool
guests_enter(struct guests *g, int fd, struct guest_id *id)
{
	*id = (struct guest_id){ .known = false };
	if (peer_process(fd, &id->uid, &id->pid) == -1)
		return true;
	if (guests_count(g, id->uid, ALL_OF_USER) >= g->per_user ||
	    guests_count(g, id->uid, id->pid) >= g->per_process)
		return false;
	id->known = true;
	guests_add(g, id->uid, ALL_OF_USER);
	guests_add(g, id->uid, id->pid);
	return true;
}

void
guests_leave(struct guests *g, const struct guest_id *id)
{
	if (!id->known)
		return;
	guests_remove(g, id->uid, ALL_OF_USER);
	guests_remove(g, id->uid, id->pid);
}
