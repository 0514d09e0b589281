/*
 * instance - one Halyard: its generations, sockets, log and control socket
 *
 * At most two generations exist: the running one, and either the next one
 * that is starting or the last one that is draining.  A reload asked for
 * while there are two waits, merged with those that come after it, until the
 * oldest has gone.
 *
 * Ownership  instance_new() gives, instance_free() takes and clears.
 * Failure    start-up errors go to the notify descriptor and end the loop
 *            with exit status 1.
 */
#ifndef MASTER_INSTANCE_H
#define MASTER_INSTANCE_H

#include <stdbool.h>

#include "generation.h"

struct control;

TAILQ_HEAD(generations, generation);

struct instance {
	struct house		 house;
	struct generations	 generations;	/* oldest first */
	struct control		*control;
	uint32_t		 last_number;
	int			 notify;	/* for mtactl start; or -1 */
	int			 pid_file;	/* descriptor, or -1 */
	char			*pid_path;
	int			 exit_status;
	int			 faults;	/* instance_check() found */
	struct timer		 tickets;	/* when their key changes */
	struct timer		 lists;		/* to look at their files */
	bool			 reload_wanted;
	bool			 stopping;
};

struct instance	*instance_new(struct loop *l, const char *dir,
		    const char *programs, int notify);
void		 instance_free(struct instance **i);
void		 instance_start(struct instance *i);
/* Would it start?  The peer of fd is told as one that asked for a reload. */
void		 instance_check(struct instance *i, int fd);
void		 instance_reload(struct instance *i);
void		 instance_stop(struct instance *i);
/* Opens the log file anew, for all workers too. */
void		 instance_rotate(struct instance *i);
/* Collects children that ended. */
void		 instance_reap(struct instance *i);
/* The one that serves, or NULL. */
struct generation *instance_running(const struct instance *i);

#endif
