/*
 * send - one in-line transaction with one backend
 *
 * The message goes to all recipients or to none.  Connections are pooled;
 * what fails before the end of the message was given to the kernel may be
 * tried again on a new connection, what fails after it never is: then the
 * result is a temporary error with state EOD.  Several refused recipients
 * give one reply: a temporary one before a permanent one, the first of its
 * kind (in doubt delay, never drop).
 *
 * A reply is a verdict only from MAIL on.  What is said before, to the
 * connection or to us, sends the message to the host's next address; when none
 * is left it is a temporary error, the most telling of all addresses': a
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

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/err.h"
#include "base/net.h"
#include "smtp/option.h"
#include "smtp/path.h"
#include "send/send_result.h"
#include "send/backend.h"

struct dns;
struct loop;
struct send;
struct send_engine;

struct send_limits {
	size_t	connections;		/* to one backend */
	int64_t	idle_ms;		/* an unused one is kept so long */
	size_t	transactions;		/* over one connection */
};

/* Where the message's bytes come from. */
struct send_body {
	uint64_t	size;
	bool		dot_lines;	/* a line begins with a dot */
	bool		ends_crlf;	/* or the message is empty */
	bool		eight_bit;
	bool		eight_bit_header;
	/* Fills at most max pieces, valid until the next call, the same ones
	 * until advance(); 0 at the end, -1 when it can't be read. */
	int		(*peek)(void *arg, struct iovec *iov, int max);
	void		(*advance)(void *arg, size_t n);
	int		(*rewind)(void *arg);	/* to the start; or -1 */
	void		*arg;
};

struct send_rcpt {
	struct smtp_path	path;
	unsigned		notify;		/* enum smtp_notify bits */
	struct str		orcpt;		/* as in smtp_rcpt_options */
	struct str		params;		/* " KEY=VALUE", others */
};

struct send_request {
	struct send_backend	 backend;
	struct smtp_path	 sender;
	const struct send_rcpt	*rcpts;
	size_t			 rcpt_count;
	enum smtp_body		 body_type;
	bool			 smtputf8;
	enum smtp_ret		 ret;
	struct str		 envid;		/* xtext */
	struct str		 params;	/* " KEY=VALUE", others */
	struct send_body	 body;
	int64_t			 deadline_ms;	/* of loop_now_ms(); 0 none */
	/* Is the client still there?  Asked just before the end is given to
	 * the kernel; NULL: always. */
	bool			(*present)(void *arg);
	/* One address failed, as a result of its own would say it; or NULL. */
	void			(*tried)(void *arg,
				    const struct send_result *r);
	/* The end was given: from now on only backend.end_ms counts. */
	void			(*end_sent)(void *arg);
	void			(*done)(void *arg,
				    const struct send_result *r);
	void			*arg;
};

/* What verified servers are checked against, and what those that ask are
 * shown; borrowed. */
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
void			 send_engine_free(struct send_engine **e);
struct send		*send_start(struct send_engine *e,
			    const struct send_request *req);
/* No done().  The connection in use is closed. */
void			 send_cancel(struct send **s);
bool			 send_end_given(const struct send *s);

#endif
