/*
 * tap - what an attempt says and hears, shown to who traces it
 *
 * A request may have a tap (request.h): the engine then shows each command as
 * it is given to the connection, each line of a reply, and what happens in
 * between.  The bytes of the message are never shown, nor is what proves who
 * we are: of AUTH the mechanism and the code of a challenge, and no line of a
 * reply that holds what was said in secret.
 *
 * Ownership  the tap is the caller's, until the send is over.
 * Failure    none.
 * Process    line() and connection() come from inside the engine, and must
 *            not call it.
 */
#ifndef SEND_TAP_H
#define SEND_TAP_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct attempt_connection;
struct send_backend;
struct smtp_reply;

enum tap_side { TAP_NOTE, TAP_SENT, TAP_GOT };

struct tap {
	void	(*line)(void *arg, enum tap_side side, struct str text);
	/* The attempt goes by this connection from now on. */
	void	(*connection)(void *arg, const struct attempt_connection *c);
	void	*arg;
};

void	tap_note(const struct tap *t, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
/* Commands with their CRLF, as they are sent; arg may be NULL. */
void	tap_commands(const struct tap *t, struct str lines);
void	tap_command(const struct tap *t, const char *verb, const char *arg);
/* A line of AUTH's, which holds what is secret behind its mechanism. */
void	tap_auth(const struct tap *t, struct str line, bool first);
/* Does a line that `to` said hold what we prove ourselves by, or `secret`, what
 * AUTH said last?  Such a line is shown nowhere. */
bool	tap_tells(struct str line, const struct send_backend *to,
	    struct str secret);
/* A reply; `to`: whose secrets it must not show, or NULL: there are none;
 * `secret`: what AUTH said last. */
void	tap_reply(const struct tap *t, const struct smtp_reply *r,
	    const struct send_backend *to, struct str secret);
/* What the handshake came to. */
void	tap_tls(const struct tap *t, const struct attempt_connection *c,
	    bool demanded);
/* An idle connection is used again: the n'th transaction over it. */
void	tap_reused(const struct tap *t, const struct attempt_connection *c,
	    size_t n);

#endif
