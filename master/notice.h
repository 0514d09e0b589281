/*
 * notice - what the operator is told of a start or a reload
 *
 * Each of them goes to whoever waits for it; faults and refusals to the log,
 * too.  None of them fails: who has gone is not told.
 */
#ifndef MASTER_NOTICE_H
#define MASTER_NOTICE_H

#include "conf/conf.h"

#include "instance.h"

/* To mtactl start alone; after notice_close() it waits no more. */
void	notice_text(struct instance *i, const char *text);
void	notice_close(struct instance *i);
/* One fault or warning; arg is the instance.  notice_report() has the form
 * that conf_load() calls. */
void	notice_diag(void *arg, const struct diag *d);
void	notice_report(void *arg, const char *file, int line, int column,
	    const char *text);
void	notice_say(struct instance *i, const char *file, const char *text);
/* What a parameter names can't be used. */
void	notice_blame(struct instance *i, const struct conf *conf,
	    const char *parameter, const char *text);
/* A reload is over, and what ran goes on. */
void	notice_refuse(struct instance *i, const char *why);

#endif
