/*
 * auth - AUTH (RFC 4954), and the lines of its exchange
 *
 * Ownership  the exchange belongs to its session; auth_free() wipes it.
 */
#ifndef SMTPD_AUTH_H
#define SMTPD_AUTH_H

#include <stdbool.h>

#include "base/str.h"

struct auth;
struct session;
struct smtp_command;

void	session_auth(struct session *s, struct smtp_command *c);
/* A line that answers a challenge. */
void	session_auth_response(struct session *s, struct str line);
/* A hook is set, and TLS on where that is wanted. */
bool	auth_available(const struct session *s);
/* Who tries to log in, as far as that is known. */
struct str auth_who(const struct auth *a);
void	auth_free(struct auth **a);

#endif
