/*
 * rights - who may ask qmgr, and as what
 *
 * Process    prepare before the jail, with all rights: the groups are read,
 *            and the socket's file is opened to them.
 */
#ifndef QMGR_RIGHTS_H
#define QMGR_RIGHTS_H

#include "qmgr.h"

/* 0, or -1 after worker_refuse_value(). */
int		 rights_prepare(struct worker *w);
/* A frame ADMISSION, in place of what was read: 0, or -1. */
int		 rights_admit(struct rbuf *r);
/* Of a connection's peer; IPC_NOBODY: close it.  Of workers it is those of
 * deliver(8) and bounce(8) that have something to say, and those of smtpd(8)
 * whose scripts have something to ask. */
enum ipc_role	 rights_role(int fd, uid_t *uid, pid_t *pid);

#endif
