/*
 * send - one transaction with one backend
 *
 * The message goes to all recipients or to none; or each recipient is for
 * itself (request.h: each), and the attempt says what each was told.
 * Connections are pooled; what fails before the end of the message was given
 * to the kernel may be tried again on a new connection, what fails after it
 * never is: then the result is a temporary error with state EOD.  All or none,
 * several refused recipients give one reply: a temporary one before a
 * permanent one, the first of its kind (in doubt delay, never drop).
 *
 * A reply is a verdict only from MAIL on.  A refusal before that is none on the
 * message: it goes to the host's next address, and then to the next host
 * (request.h: candidates, or exchangers of a domain).  When none is left the
 * result is a temporary error, of all addresses' the one that tells most: a
 * refusal before TLS, TLS before the network.
 *
 * Ownership  send_start() gives; it is over when done() was called or
 *            send_cancel() took it.  Until then all that the request points
 *            at belongs to the send; present() and end_sent() must not
 *            cancel it.  A result holds during done().
 * Failure    always through done(), once, never inside send_start().
 * Process    an engine per worker; end all sends before the engine.
 */
#ifndef SEND_SEND_H
#define SEND_SEND_H

#include "base/err.h"
#include "send/attempt.h"
#include "send/grant.h"
#include "send/request.h"

struct dns;
struct loop;
struct send;
struct send_engine;
struct tls_context;
struct tls_identity;

struct send_limits {
	size_t	connections;		/* to one backend; see line.h */
	int64_t	idle_ms;		/* an unused one is kept so long */
	size_t	transactions;		/* over one connection */
	/* How many unused ones are kept, in all and of one key (pool.h);
	 * 0: any number. */
	size_t	idle_total;
	size_t	idle_per_backend;
};

/* The authorities that certificates of backends are checked against, and the
 * certificates of ours that backends may ask for; borrowed. */
struct send_trust {
	struct tls_context		*system;	/* or NULL */
	struct tls_context		*own;
	const struct tls_identity	*(*identity)(void *arg,
					    struct str name);
	void				*arg;
};

struct send_engine	*send_engine_new(struct loop *l, struct dns *d,
			    const struct send_limits *limits,
			    const struct send_trust *trust, struct err *e);
/* Limits are kept by another than the line that is built in.  Before the first
 * send; the granter's `arg` outlives the engine. */
void			 send_engine_set_granter(struct send_engine *e,
			    const struct granter *g);
/* fn() is told whose request is worked on, by its `arg`; NULL: nobody's. */
void			 send_engine_set_working(struct send_engine *e,
			    void (*fn)(void *arg, void *request), void *arg);
void			 send_engine_free(struct send_engine **e);
struct send		*send_start(struct send_engine *e,
			    const struct send_request *req);
/* No done().  The connection in use is closed. */
void			 send_cancel(struct send **s);
bool			 send_end_given(const struct send *s);

#endif
