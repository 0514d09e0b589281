/*
 * hopset - lists of next hops, each once
 *
 * Many domains have the same mail exchangers: their mail goes by one list, and
 * so over the same connections.  An active entry has one, by its index.
 *
 * Ownership  counted: hopset_take() and hopset_ref() against hopset_drop().
 * Failure    hopset_take(): 0, the bytes are none of nexthops_put()'s.
 */
#ifndef QMGR_HOPSET_H
#define QMGR_HOPSET_H

#include "job/nexthop.h"

#include "delivery.h"

/* Texts of a hop, made once. */
struct hop_text {
	struct str	name;		/* of it and its source */
	struct str	host;		/* the address with the port */
	struct str	localip, remoteip;	/* as policies have them */
};

struct hopset {
	struct hmap_entry	 hash;		/* by its bytes */
	uint64_t		 number;	/* as workers know it */
	uint32_t		 self, refs;
	struct str		 bytes;
	struct nexthops		 hops;		/* in bytes; ttl_s is 0 */
	struct hop_text		*text;
	struct buf		 texts;
};

void	hopsets_open(void);
void	hopsets_close(void);
uint32_t hopset_take(struct str bytes, uint32_t *ttl_s);
void	hopset_ref(uint32_t i);
void	hopset_drop(uint32_t i);
const struct hopset *hopset_at(uint32_t i);

#endif
