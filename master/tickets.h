/*
 * tickets - the keys of TLS session tickets
 *
 * All workers of all generations have the same, so that a session can be
 * resumed with any of them.  A key seals for one lifetime and opens for one
 * more; then nothing knows it.
 */
#ifndef MASTER_TICKETS_H
#define MASTER_TICKETS_H

#include "base/str.h"
#include "event/tls_server.h"

struct tickets {
	unsigned char	keys[TLS_TICKET_KEYS][TLS_TICKET_KEY];
	size_t		count;
};

/* Makes a new first key. */
void		tickets_rotate(struct tickets *t);
struct str	tickets_keys(const struct tickets *t);

#endif
