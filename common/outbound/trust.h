/*
 * trust - whom the client engine believes, and what it shows of us
 *
 * Authorities and client certificates are read once, before the jail.
 *
 * Ownership  the process's, until it ends.
 * Failure    -1 after worker_refuse().
 */
#ifndef OUTBOUND_TRUST_H
#define OUTBOUND_TRUST_H

#include "send/send.h"

struct worker;

int	trust_load(struct worker *w, struct send_trust *trust);

#endif
