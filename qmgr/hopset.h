/*
 * hopset - lists of next hops, each once
 *
 * Many domains have the same mail exchangers: their mail goes by one list, and
 * so over the same connections.  An active entry has one, by its index.  What a
 * pre-delivery hook wants of an attempt is part of it.
 *
 * Ownership  counted: hopset_take() and hopset_ref() against hopset_drop().
 *            Those that nobody has are kept for a while: connections are known
 *            by them.
 * Failure    hopset_take(): 0, `hops` is nothing that nexthops_put() wrote.
 *            Where lists have HOPSETS_MEMORY already, a new one has no hops:
 *            its mail is deferred.
 */
#ifndef QMGR_HOPSET_H
#define QMGR_HOPSET_H

#include "job/hop_text.h"

#include "delivery.h"

enum { HOPSETS_MEMORY = 1 << 30 };

struct hopset {
	struct hmap_entry	 hash;		/* by its bytes */
	TAILQ_ENTRY(hopset)	 link;		/* nobody has it */
	uint64_t		 number;	/* as workers know its hops, */
	uint64_t		 try_number;	/* and what is wanted; 0: all
						 * as the transport says */
	uint16_t		 recipients;	/* that go together; 0: alike */
	uint32_t		 self, refs;
	size_t			 cost;		/* bytes of memory, or so */
	struct str		 all;		/* all three, in a row */
	struct str		 bytes, try;
	struct nexthops		 hops;		/* in bytes; ttl_s is 0 */
	struct hop_texts	 texts;
};

void	hopsets_open(void);
void	hopsets_close(void);
/* hops: as a worker says them; try: none, or PREPARED's. */
uint32_t hopset_take(struct str hops, struct str try, uint16_t recipients,
	    uint32_t *ttl_s);
void	hopset_ref(uint32_t i);
void	hopset_drop(uint32_t i);
const struct hopset *hopset_at(uint32_t i);

#endif
