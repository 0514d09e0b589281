/*
 * rehearsal - could the instance start, or reload, with this configuration?
 *
 * What master itself does at a start is looked at here: directories, the log,
 * the addresses to listen on.  Nothing is made, bound for long, or listened
 * on.  Workers rehearse their part themselves (house.check).
 *
 * Failure    how many things stand in the way; each was told to fn.
 */
#ifndef MASTER_REHEARSAL_H
#define MASTER_REHEARSAL_H

#include "conf/conf.h"

struct diag;

int	rehearsal(const struct conf *conf, void (*fn)(void *arg,
	    const struct diag *d), void *arg);

#endif
