/*
 * spool_place - the directory of the spool, as master makes and finds it
 *
 * It is made where a service needs it: 0700, and of the user of the programs
 * whose jail it is.  One that is there must belong to that user.
 *
 * Failure    0, or -1 with *e.
 */
#ifndef MASTER_SPOOL_PLACE_H
#define MASTER_SPOOL_PLACE_H

#include "base/err.h"
#include "conf/conf.h"

/* Has conf a service with a spool?  Then its row, else NULL. */
const struct conf_service *spool_place_user(const struct conf *conf);
int	spool_place_make(const struct conf *conf, struct err *e);
/* The same, without making or changing anything. */
int	spool_place_check(const struct conf *conf, struct err *e);

#endif
