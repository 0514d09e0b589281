/*
 * crowd - how many sessions each client has, over all workers
 *
 * Each worker counts its own clients in a table of its page (board.h), and
 * reads those of the others.  A client is the hash of its address (IPv6: of
 * its first 64 bits), which can be undone.  One that finds no place in the
 * table is not counted.
 *
 * Process    one writer a table; readers see a count as it is or was.
 */
#ifndef PROC_CROWD_H
#define PROC_CROWD_H

#include <sys/types.h>

#include <stdatomic.h>
#include <stdint.h>

#define CROWD_SLOTS	16384	/* a power of two */
#define CROWD_WINDOW	32	/* slots that one client may be in */

struct netaddr;
struct netaddr_network;

struct crowd {
	struct {
		_Atomic uint64_t	client;
		_Atomic uint64_t	count;	/* 0: free */
	} slot[CROWD_SLOTS];
};

uint64_t crowd_client(const struct netaddr *a);
/* A user of the system is a client, too. */
uint64_t crowd_user(uid_t uid);
/* n is 1 or -1. */
void	 crowd_add(struct crowd *c, uint64_t client, int n);
uint64_t crowd_count(const struct crowd *c, uint64_t client);
/* Of all clients of a network; of IPv6 it has 64 bits at most.  Looks at the
 * whole table, unless it is one client. */
uint64_t crowd_count_within(const struct crowd *c,
	    const struct netaddr_network *of);

#endif
