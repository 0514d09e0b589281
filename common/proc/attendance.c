/*
 * A page is its worker's to write, so that its texts may have no end.
 */
#include <string.h>

#include "proc/attendance.h"
#include "proc/board.h"
#include "proc/daemon.h"

static bool
attendance_of(const struct board *b, struct str server,
    const struct netaddr_network *of, uint64_t *sessions)
{
	struct str	is = { b->server, strnlen(b->server,
			    sizeof b->server) };

	if (is.len == 0 || !str_eq(is, server))
		return false;
	*sessions += of == NULL ? board_get(b, COUNTER_sessions) :
	    crowd_count_within(&b->crowd, of);
	return true;
}

bool
attendance(const struct worker *w, struct str server,
    const struct netaddr_network *of, uint64_t *sessions)
{
	const struct page	*page;
	bool			 any;

	*sessions = 0;
	any = attendance_of(board_self(), server, of, sessions);
	STAILQ_FOREACH(page, &w->pages, link)
		any |= attendance_of(page->board, server, of, sessions);
	return any;
}
