/*
 * admission - whom qmgr answers, told again at a reload
 *
 * qmgr sits in a jail without the system's users and groups by then, and can't
 * reach its socket's file: master looks both up.
 *
 * Failure    -1 with *e and the parameter that is wrong, or NULL for the
 *            socket's file; what held before holds on.
 */
#ifndef MASTER_ADMISSION_H
#define MASTER_ADMISSION_H

#include "conf/conf.h"
#include "ipc/channel.h"

/* Could admission_tell()? */
int	admission_check(const struct conf *conf, const char **parameter,
	    struct err *e);
/* Before RENEW, to the process of this service. */
int	admission_tell(const struct conf *conf,
	    const struct conf_service *svc, struct channel *c,
	    const char **parameter, struct err *e);

#endif
