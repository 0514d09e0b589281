/*
 * client - one connection to a backend, from connect to QUIT
 *
 * It opens itself (banner, EHLO or HELO, STARTTLS, XCLIENT, AUTH), carries
 * transactions one after the other, and cleans up behind a refused one.
 *
 *	when			what its owner may call
 *	after client_new()	nothing until ready() or fault()
 *	ready(), idle(),	client_begin(), client_rest(), client_quit(),
 *	  and while it rests	client_usable(), client_suits()
 *	client_begin()		nothing but what asks, until done() or fault()
 *	done()			client_report(), client_doubts(), client_end()
 *	after client_quit()	nothing until gone()
 *	any time		client_free(), and what asks: client_where(),
 *				client_end_given(), client_facts(),
 *				client_transactions(), client_report()
 *
 * Ownership  client_new() gives, client_free() takes; it may be called from
 *            any call back, and none comes after it.  The backend is copied.
 *            A request, and where its recipients' replies go, is borrowed
 *            from client_begin() to client_end() or client_free().  Facts are
 *            counted: see attempt.h.  A report's reply and texts hold until
 *            client_end().
 * Failure    fault(): the connection is of no more use; free it.
 * Process    single-threaded.  The request's call backs (present(),
 *            end_sent(), the body's) come from inside; they must not free.
 */
#ifndef SEND_CLIENT_H
#define SEND_CLIENT_H

#include "base/net.h"
#include "send/attempt.h"
#include "send/request.h"
#include "send/txn.h"

struct client;
struct loop;
struct tls_context;
struct tls_identity;

struct client_fault {
	enum attempt_error		 error;
	enum smtp_state			 state;
	const struct smtp_reply		*reply;	/* a refusal, or NULL */
	const char			*why;
	bool				 tls_failed;	/* try in clear */
	bool				 unreachable;	/* no connection */
};

struct client_ops {
	void	(*ready)(struct client *c);	/* takes a transaction */
	void	(*fault)(struct client *c, const struct client_fault *f);
	void	(*done)(struct client *c, enum txn_outcome out);
	void	(*idle)(struct client *c);	/* cleaned up: as ready */
	void	(*rested)(struct client *c);	/* client_rest() is over */
	void	(*gone)(struct client *c);	/* QUIT is done; is freed */
	/* Or NULL: what came for this one is looked at from here on; NULL: no
	 * more.  It may be gone by then. */
	void	(*work)(void *arg, const struct client *c);
};

struct client_setup {
	struct loop			*loop;
	const struct client_ops		*ops;
	void				*arg;
	void				*work_arg;	/* of ops->work */
	const struct send_backend	*backend;
	struct netaddr			 to;
	struct netaddr			 proxy;	/* len 0: straight to it */
	struct tls_context		*tls;	/* NULL: never STARTTLS */
	const struct tls_identity	*identity;	/* or NULL */
	const struct tap		*tap;	/* until client_end() */
	/* One reference of the caller's goes to the client, also when
	 * client_new() fails. */
	struct attempt_connection	*facts;
};

/* NULL with *e when not even connect() could be called. */
struct client	*client_new(const struct client_setup *s, struct err *e);
void		 client_free(struct client **c);
void		*client_arg(const struct client *c);
void		 client_set_arg(struct client *c, void *arg);

/* TXN_UNFIT: nothing was sent, and the client is idle still.  `own` is of each
 * recipient, for its own reply; NULL: all or none (txn.h). */
enum txn_outcome client_begin(struct client *c,
		    const struct send_request *req, struct attempt_rcpt *own);

/* What is to be told of the transaction that was begun last. */
struct client_report {
	const struct smtp_reply	*verdict;	/* TXN_VERDICT's */
	enum smtp_state		 state;		/* that it decided */
	const char		*why;		/* TXN_PROTOCOL, TXN_UNFIT */
	int			 code;		/* TXN_UNFIT */
	int			 enhanced[3];
	bool			 client_gone;	/* present() said so */
	bool			 unreadable;	/* the body can't be read */
	bool			 dsn_dropped;	/* the backend has no DSN */
};

void		 client_report(const struct client *c,
		    struct client_report *r);
/*
 * The refusal that the transaction ended with may be that of the message
 * before, said twice and the second time late: a fresh connection tells.
 */
bool		 client_doubts(const struct client *c);
/* The backend may have the message: it was given the end, and did not refuse
 * MAIL, behind which nothing ends anything. */
bool		 client_may_have(const struct client *c);

/* After done(): CLIENT_CLEANS has idle() or fault() to follow, CLIENT_SPENT
 * is for client_free(). */
enum client_next { CLIENT_KEPT, CLIENT_CLEANS, CLIENT_SPENT };
enum client_next client_end(struct client *c);

/* The kernel is asked: idle, nothing to read, not closed. */
bool		 client_usable(struct client *c);
/* Could the next transaction over it be this one?  See txn.c for what needs a
 * connection that was not used before. */
bool		 client_suits(const struct client *c,
		    const struct send_request *req);
void		 client_rest(struct client *c, int64_t idle_ms);
void		 client_quit(struct client *c);

/* A byte of the end was given to the kernel. */
bool		 client_end_given(const struct client *c);
enum smtp_state	 client_where(const struct client *c);
size_t		 client_transactions(const struct client *c);
const struct attempt_connection *client_facts(const struct client *c);
/* Its own copy. */
const struct send_backend *client_backend(const struct client *c);

#endif
