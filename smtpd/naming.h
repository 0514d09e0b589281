/*
 * naming - the client's name, asked for before the connect hook
 *
 * The client waits for its greeting meanwhile, never longer than
 * smtpd_peer_lookup_timeout.
 */
#ifndef SMTPD_NAMING_H
#define SMTPD_NAMING_H

#include <stdbool.h>

#include "base/str.h"

struct naming;
struct server;
struct session;

/* Goes on with session_connect(), now or later. */
void	session_name(struct session *s);
void	naming_free(struct naming **n);
/* A script that may ask for the name. */
void	naming_look_at(struct server *srv, struct str script);

#endif
