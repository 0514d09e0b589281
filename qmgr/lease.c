/*
 * Leases: the scheduler's connections, by the numbers that deliver workers
 * know them by.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "ipc/channel.h"

#include "delivery.h"

static struct {
	struct hmap	 leases;	/* by worker and number */
	struct lease	**of_conn;
	size_t		 size;
	uint64_t	 next;
} leases;

/* Numbers begin anywhere: one of a qmgr before this is not met again. */
void
lease_open(void)
{
	hmap_init(&leases.leases);
	arc4random_buf(&leases.next, sizeof leases.next);
	leases.next >>= 1;
}

static void
lease_free(struct lease *l)
{
	if (l->conn < leases.size && leases.of_conn[l->conn] == l)
		leases.of_conn[l->conn] = NULL;
	hmap_remove(&leases.leases, &l->hash);
	free(l);
}

static void
lease_free_entry(void *arg, struct hmap_entry *e)
{
	(void)arg;
	lease_free((struct lease *)e);
}

void
lease_close(void)
{
	hmap_walk(&leases.leases, leases.leases.size, lease_free_entry, NULL);
	hmap_fini(&leases.leases);
	free(leases.of_conn);
	leases.of_conn = NULL;
	leases.size = 0;
}

struct lease *
lease_of_conn(schedule_conn conn)
{
	return conn < leases.size ? leases.of_conn[conn] : NULL;
}

struct lease *
lease_find(const struct agent *a, uint64_t number)
{
	return (struct lease *)hmap_find(&leases.leases, a->slot,
	    (struct str){ (char *)&number, sizeof number });
}

struct lease *
lease_new(struct agent *a, schedule_conn conn, uint64_t number)
{
	struct lease	*l = xcalloc(1, sizeof *l);
	size_t		 size = leases.size > 0 ? leases.size : 64;

	while (size <= conn)
		size *= 2;
	if (size > leases.size) {
		leases.of_conn = xreallocarray(leases.of_conn, size,
		    sizeof(*leases.of_conn));
		memset(leases.of_conn + leases.size, 0, (size - leases.size) *
		    sizeof(*leases.of_conn));
		leases.size = size;
	}
	leases.of_conn[conn] = l;
	while (number == 0)
		if (lease_find(a, ++leases.next) == NULL)
			number = leases.next;
	l->number = number;
	l->agent = a;
	l->conn = conn;
	l->hash.key = (const char *)&l->number;
	l->hash.len = sizeof l->number;
	l->hash.kind = a->slot;
	hmap_insert(&leases.leases, &l->hash);
	return l;
}

void
lease_event(struct lease *l, enum lease_event event)
{
	schedule_conn	conn = l->conn;

	if (event == LEASE_RESTS) {
		schedule_connection_idle(delivery_schedule(), conn,
		    delivery_now());
	} else {
		lease_free(l);
		schedule_connection_closed(delivery_schedule(), conn,
		    delivery_now());
	}
	dispatch_kick();
}

void
lease_evict(schedule_conn conn)
{
	struct lease	*l = lease_of_conn(conn);

	if (l != NULL && l->agent != NULL && l->agent->channel != NULL)
		CHANNEL_SEND(l->agent->channel, DELIVER_EVICT, -1,
		    { .lease = l->number, .uses = l->uses });
}

static void
lease_unname_one(void *arg, struct hmap_entry *e)
{
	struct lease	*l = (struct lease *)e;

	if (l->agent == arg)
		l->named = l->rests = false;
}

void
lease_unname(const struct agent *a)
{
	hmap_walk(&leases.leases, leases.leases.size, lease_unname_one,
	    (void *)(uintptr_t)a);
}

static void
lease_sift_one(void *arg, struct hmap_entry *e)
{
	struct lease	*l = (struct lease *)e;

	if (l->agent != arg)
		return;
	if (!l->named)
		lease_event(l, LEASE_CLOSED);
	else if (l->rests)
		lease_event(l, LEASE_RESTS);
}

void
lease_sift(const struct agent *a)
{
	hmap_walk(&leases.leases, leases.leases.size, lease_sift_one,
	    (void *)(uintptr_t)a);
}

static void
lease_forget(void *arg, struct hmap_entry *e)
{
	struct lease	*l = (struct lease *)e;

	if (l->agent == arg)
		lease_free(l);
}

void
lease_forget_all(const struct agent *a)
{
	hmap_walk(&leases.leases, leases.leases.size, lease_forget,
	    (void *)(uintptr_t)a);
}
