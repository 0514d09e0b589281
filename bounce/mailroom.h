/*
 * mailroom - the connection to qmgr(8)
 *
 * It is made again as long as the worker lives.  What is in hand belongs to
 * it, and is dropped when it ends: qmgr asks for it again.
 *
 * Process  on the event loop.
 */
#ifndef BOUNCE_MAILROOM_H
#define BOUNCE_MAILROOM_H

#include <stdint.h>

#include "ipc/ipc.h"

void	mailroom_open(const char *path);
/* Over a connection that is there: for tests, and for mailroom_open(). */
void	mailroom_take(int fd);
void	mailroom_close(void);
void	mailroom_done(uint64_t job, enum bounce_status status,
	    const char *text);

#endif
