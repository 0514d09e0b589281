/*
 * trust - whom send() believes, and what it shows of us
 *
 * Authorities and client certificates are read once, before the jail.
 *
 * Ownership  the server's; it lives until the process ends.
 * Failure    -1 after worker_refuse().
 */
#ifndef SMTPD_TRUST_H
#define SMTPD_TRUST_H

#include "send/send.h"

struct server;

int	trust_load(struct server *srv, struct send_trust *trust);

#endif
