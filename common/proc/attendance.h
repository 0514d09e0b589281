/*
 * attendance - how many sessions an SMTP server has, over all of its workers
 *
 * Read from the pages of the workers (board.h), of any service.
 *
 * Process    any that master has told of those pages.
 */
#ifndef PROC_ATTENDANCE_H
#define PROC_ATTENDANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct netaddr_network;
struct worker;

/* Of the server of that id; of those, unless `of` is NULL, of the clients of
 * that network, where IPv6 counts by its first 64 bits.  false: no worker is of
 * such a server. */
bool	attendance(const struct worker *w, struct str server,
	    const struct netaddr_network *of, uint64_t *sessions);

#endif
