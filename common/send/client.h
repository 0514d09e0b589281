/*
 * client - one connection to a server, from connect to QUIT
 *
 * It opens itself (banner, EHLO or HELO, STARTTLS), carries transactions one
 * after the other, and cleans up behind a refused one.  Who owns it hears of
 * each turn through ops; client.c has the table of states.
 *
 * Ownership  client_new() gives, client_free() takes; it may be called from
 *            any call back.  After client_quit() the connection ends by
 *            itself and gone() follows.
 * Failure    fault(): the connection is of no more use; free it.
 * Process    single-threaded.
 */
#ifndef SEND_CLIENT_H
#define SEND_CLIENT_H

#include <sys/queue.h>

#include "base/net.h"
#include "event/loop.h"
#include "event/stream.h"
#include "smtp/ext.h"
#include "send/feed.h"
#include "smtp/reply.h"
#include "smtp/sasl.h"
#include "send/send.h"
#include "send/txn.h"

struct client;
struct tls_context;

enum client_state { CLIENT_CONNECT, CLIENT_BANNER, CLIENT_EHLO, CLIENT_HELO,
	CLIENT_STARTTLS, CLIENT_TLS, CLIENT_XCLIENT, CLIENT_AUTH, CLIENT_IDLE,
	CLIENT_TXN, CLIENT_FLUSH, CLIENT_RSET, CLIENT_QUIT, CLIENT_STATE_MAX };

struct client_fault {
	enum send_error			 error;
	enum smtp_state			 state;
	const struct smtp_reply		*reply;	/* a refusal, or NULL */
	const char			*why;
	bool				 tls_failed;	/* try in clear */
};

struct client_ops {
	void	(*ready)(struct client *c);	/* takes a transaction */
	void	(*fault)(struct client *c, const struct client_fault *f);
	void	(*done)(struct client *c, enum txn_outcome out);
	void	(*idle)(struct client *c);	/* cleaned up: as ready */
	void	(*rested)(struct client *c);	/* client_rest() is over */
	void	(*gone)(struct client *c);	/* QUIT is done; is freed */
};

struct client_setup {
	struct loop			*loop;
	const struct client_ops		*ops;
	void				*arg;
	const struct send_backend	*backend;	/* copied */
	struct netaddr			 to;
	struct tls_context		*tls;	/* NULL: never STARTTLS */
	const struct tls_identity	*identity;	/* or NULL */
};

struct client {
	TAILQ_ENTRY(client)		 link;		/* the owner's */
	void				*arg;		/* the owner's */
	const struct client_ops		*ops;
	struct loop			*loop;
	struct stream			*stream;
	struct source			 source;
	struct timer			 timer;
	enum client_state		 state;
	struct smtp_caps		 caps;
	struct smtp_reader		 reader;
	struct feed			 feed;
	struct txn			 txn;
	struct send_connection		 info;
	struct tls_context		*tls;
	const struct tls_identity	*identity;
	struct netaddr			 to;
	struct send_backend		*backend;
	struct sasl			 sasl;
	bool				 xclient_done;
	const struct send_backend	*times;		/* server's, or the
							 * transaction's */
	int64_t				 last_reply_ms;
	uint64_t			 sent_before;	/* this transaction */
	size_t				 flush;		/* replies to drop */
	bool				 more;		/* bytes follow */
	bool				 end_told;
	bool				 end_refused;	/* the one before */
	bool				 doubtful;	/* client_doubts() */
	int				 depth;
	bool				 dead;
};

/* NULL with *e when not even connect() could be called. */
struct client	*client_new(const struct client_setup *s, struct err *e);
void		 client_free(struct client **c);
/* Idle only.  TXN_UNFIT: nothing was sent, c is idle still. */
enum txn_outcome client_begin(struct client *c,
		    const struct send_request *req);
/* After done(): keep, clean up with idle() to follow, or neither: then free
 * it.  True if it is idle now. */
bool		 client_end(struct client *c);
/* Asked of the kernel: nothing to read, not closed, nothing left over. */
bool		 client_usable(struct client *c);
void		 client_rest(struct client *c, int64_t idle_ms);
void		 client_quit(struct client *c);
/*
 * The refusal that the transaction ended with may be that of the message
 * before, said twice and the second time late: a fresh connection tells.
 */
bool		 client_doubts(const struct client *c);
/* A byte of the end was given to the kernel. */
bool		 client_end_given(const struct client *c);
enum smtp_state	 client_where(const struct client *c);

#endif
