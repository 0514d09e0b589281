/*
 * hop_text - texts of next hops, made once for a list of them
 *
 * Ownership  hop_texts_make() fills, hop_texts_fini() gives back; the hops'
 *            own texts are copied.
 * Failure    none.
 * Process    pure.
 */
#ifndef JOB_HOP_TEXT_H
#define JOB_HOP_TEXT_H

#include "nexthop.h"

struct hop_text {
	struct str	name;		/* of it and its source */
	struct str	host;		/* the address with the port */
	struct str	localip, remoteip;	/* as policies have them */
};

struct hop_texts {
	struct hop_text	*of;		/* each hop */
	struct buf	 bytes;
};

void	hop_texts_make(struct hop_texts *t, const struct nexthops *n);
void	hop_texts_fini(struct hop_texts *t);

#endif
