/*
 * control - the socket over which mtactl speaks to master
 *
 * run_directory/master.sock, for the same user and root only: peer
 * credentials decide.  A request is answered by any number of lines or rows
 * and CTL_DONE; several may wait for the same reload.
 *
 * Ownership  control_open() gives, control_close() takes and clears.
 * Failure    NULL with *e.
 */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <sys/types.h>

#include <stdbool.h>

#include "base/err.h"

struct access;
struct ipc_CACHED;
struct ipc_FLUSHED;
struct control;
struct diag;
struct instance;

struct control	*control_open(struct instance *i, const char *path,
		    const struct access *access, struct err *e);
/* Sets who may ask from now on; connections that are open keep their rights. */
int		 control_access(struct control *c,
		    const struct access *access);
void		 control_close(struct control **c);
/* Without a socket: the peer of fd waits for what control_reloaded() says. */
struct control	*control_of(struct instance *i, int fd);
/* Binds the socket anew, if its file is gone: 0, or -1 with *e. */
int		 control_mend(struct control *c, struct err *e);
/* Who asked for a reload until now waits for the one that begins. */
void		 control_reload_begins(struct control *c);
/* Tells one line to all that wait for the reload under way. */
void		 control_line(struct control *c, const struct diag *d);
/* A worker's answers to what a client has asked of all; the instance's. */
void		 control_cached(void *instance, pid_t pid,
		    const struct ipc_CACHED *m);
void		 control_flushed(void *instance,
		    const struct ipc_FLUSHED *m);
void		 control_reloaded(struct control *c, bool failed,
		    const char *text);

#endif
