/*
 * A hash table of fixed size, with a window of places for each client: whoever
 * finds none free is not counted, which can only let a client in.
 */
#include <stdbool.h>

#include "base/net.h"

#include "crowd.h"

#define OF_IPV6	0x6a09e667f3bcc908u
#define OF_USER	0xbb67ae8584caa73bu

/* Well mixed, so that the window's place is spread (splitmix64). */
static uint64_t
crowd_mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

/* What was mixed: its multipliers' inverses, its shifts again. */
static uint64_t
crowd_unmix(uint64_t x)
{
	x = (x ^ x >> 31 ^ x >> 62) * 0x319642b2d24d8ec3u;
	x = (x ^ x >> 27 ^ x >> 54) * 0x96de1b173f119089u;
	return x ^ x >> 30 ^ x >> 60;
}

/* Four or sixteen bytes of an address.  No address that is in use is taken for
 * one of another family, nor for a user. */
static uint64_t
crowd_key(const unsigned char *ip, size_t bytes)
{
	size_t		n = bytes == 4 ? 4 : 8, i;
	uint64_t	x = 0;

	for (i = 0; i < n; i++)
		x = x << 8 | ip[i];
	return bytes == 4 ? x + 1 : x ^ OF_IPV6;
}

/* An IPv4 client is one of its own, however it is written. */
uint64_t
crowd_client(const struct netaddr *a)
{
	unsigned char	ip[16] = { 0 };

	return crowd_mix(crowd_key(ip, netaddr_bytes(a, ip)));
}

uint64_t
crowd_user(uid_t uid)
{
	return crowd_mix((uint64_t)uid ^ OF_USER);
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

static bool
crowd_is_user(uint64_t key)
{
	return (key ^ OF_USER) >> 32 == 0;
}

uint64_t
crowd_count_within(const struct crowd *c, const struct netaddr_network *of)
{
	uint64_t	key = crowd_key(of->ip, of->bytes), other, all = 0;
	bool		v4 = of->bytes == 4;
	unsigned	most = v4 ? 32 : 64;
	unsigned	free_bits = of->bits < most ? most - of->bits : 0;
	size_t		i;

	if (free_bits == 0)
		return crowd_count(c, crowd_mix(key));
	for (i = 0; i < CROWD_SLOTS; i++) {
		if (crowd_get(&c->slot[i].count) == 0)
			continue;
		other = crowd_unmix(crowd_get(&c->slot[i].client));
		if (crowd_is_user(other) ||
		    (other - 1 <= UINT32_MAX) != v4)
			continue;
		/* By two shifts: a network of 0 bits has them all free. */
		if ((v4 ? (other - 1) ^ (key - 1) : other ^ key) >>
		    (free_bits - 1) >> 1 == 0)
			all += crowd_get(&c->slot[i].count);
	}
	return all;
}
