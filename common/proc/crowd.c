/*
 * A hash table of fixed size, with a window of places for each client: whoever
 * finds none free is not counted, which can only let a client in.
 */
#include "base/net.h"

#include "crowd.h"

/* Well mixed, so that the window's place is spread (splitmix64). */
static uint64_t
crowd_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t
crowd_client(const struct netaddr *a)
{
	const unsigned char	*p = a->u.in6.sin6_addr.s6_addr;
	uint64_t		 x = 0;
	int			 i;

	if (a->u.sa.sa_family == AF_INET)
		return crowd_mix(ntohl(a->u.in4.sin_addr.s_addr) + 1ull);
	/* An IPv4 client is one of its own, however it is written. */
	if (IN6_IS_ADDR_V4MAPPED(&a->u.in6.sin6_addr)) {
		for (i = 12; i < 16; i++)
			x = x << 8 | p[i];
		return crowd_mix(x + 1);
	}
	for (i = 0; i < 8; i++)
		x = x << 8 | p[i];
	return crowd_mix(x ^ 0x6a09e667f3bcc908u);
}

uint64_t
crowd_user(uid_t uid)
{
	return crowd_mix((uint64_t)uid ^ 0xbb67ae8584caa73bu);
}

static uint64_t
crowd_get(const _Atomic uint64_t *v)
{
	return atomic_load_explicit(v, memory_order_relaxed);
}

void
crowd_add(struct crowd *c, uint64_t client, int n)
{
	uint64_t	count;
	size_t		i, at, place = CROWD_SLOTS;

	for (i = 0; i < CROWD_WINDOW; i++) {
		at = (client + i) & (CROWD_SLOTS - 1);
		count = crowd_get(&c->slot[at].count);
		if (count != 0 && crowd_get(&c->slot[at].client) == client)
			break;
		if (count == 0 && place == CROWD_SLOTS)
			place = at;
	}
	if (i < CROWD_WINDOW)
		place = at;
	else if (n < 0 || place == CROWD_SLOTS)
		return;
	else
		atomic_store_explicit(&c->slot[place].client, client,
		    memory_order_relaxed);
	count = crowd_get(&c->slot[place].count);
	atomic_store_explicit(&c->slot[place].count,
	    n > 0 ? count + 1 : count - 1, memory_order_release);
}

uint64_t
crowd_count(const struct crowd *c, uint64_t client)
{
	uint64_t	count;
	size_t		i, at;

	for (i = 0; i < CROWD_WINDOW; i++) {
		at = (client + i) & (CROWD_SLOTS - 1);
		if (crowd_get(&c->slot[at].client) == client &&
		    (count = crowd_get(&c->slot[at].count)) != 0)
			return count;
	}
	return 0;
}
