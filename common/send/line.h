/*
 * line - the built-in granter: so many connections to one backend, and a line
 *
 * A backend is a host and a port as the request names them.  Who finds no
 * place waits in order of arrival, for a place or for a connection that
 * becomes idle; deadlines of the sends bound the line.  At the limit an idle
 * connection that does not fit makes room.  A connection that says QUIT has
 * given its place back.
 *
 * Ownership  the engine's; line_init(), line_fini().
 * Failure    none.
 */
#ifndef SEND_LINE_H
#define SEND_LINE_H

#include <stddef.h>

#include "base/hmap.h"
#include "send/grant.h"

struct loop;

struct line {
	struct loop	*loop;
	size_t		 limit;		/* places of each lane */
	struct hmap	 lanes;		/* by host and port */
};

void	line_init(struct line *l, struct loop *loop, size_t limit);
void	line_fini(struct line *l);	/* there must be no grants */
struct granter	line_granter(struct line *l);

#endif
