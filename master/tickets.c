/*
 * The newest key stands first; rotating moves the others back, and the oldest
 * falls out.
 */
#include <stdlib.h>
#include <string.h>

#include "tickets.h"

void
tickets_rotate(struct tickets *t)
{
	memmove(t->keys[1], t->keys[0],
	    (TLS_TICKET_KEYS - 1) * TLS_TICKET_KEY);
	arc4random_buf(t->keys[0], TLS_TICKET_KEY);
	if (t->count < TLS_TICKET_KEYS)
		t->count++;
}

struct str
tickets_keys(const struct tickets *t)
{
	return (struct str){ (const char *)t->keys,
	    t->count * TLS_TICKET_KEY };
}
