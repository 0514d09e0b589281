/*
 * own - is a host this one?
 *
 * By its name, or by an address and port that this instance listens on: mail
 * that is sent there comes back.
 *
 * Ownership  one a process: own_load() once, own_fini() at the end.
 * Failure    none: where the machine's addresses can't be read, sockets on all
 *            of them are known by the loopback's alone.
 * Process    own_load() outside of any jail.
 */
#ifndef DELIVER_OWN_H
#define DELIVER_OWN_H

#include "base/net.h"
#include "base/str.h"

/* listening: an "address:port" a line. */
void	own_load(struct str listening);
void	own_fini(void);
bool	own_address(const struct netaddr *a);
bool	own_name(struct str host, struct str myhostname);

#endif
