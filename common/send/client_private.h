/*
 * The inside of a connection: client.c moves bytes, client_fsm.c decides what
 * follows on what, client_opening.c does so before the first transaction.
 */
#ifndef SEND_CLIENT_PRIVATE_H
#define SEND_CLIENT_PRIVATE_H

#include "event/loop.h"
#include "event/stream.h"
#include "smtp/sasl.h"

#include "client.h"
#include "feed.h"
#include "tap.h"
#include "txn.h"

enum client_state { CLIENT_CONNECT, CLIENT_PROXY, CLIENT_BANNER,
	CLIENT_EHLO, CLIENT_HELO, CLIENT_STARTTLS, CLIENT_TLS,
	CLIENT_XCLIENT, CLIENT_AUTH, CLIENT_IDLE, CLIENT_TXN, CLIENT_FLUSH,
	CLIENT_RSET, CLIENT_QUIT, CLIENT_STATE_MAX };

enum client_ev { CLIENT_EV_CONNECTED, CLIENT_EV_REPLY, CLIENT_EV_TLS,
	CLIENT_EV_CLOSED, CLIENT_EV_TLS_FAILED, CLIENT_EV_TIMER,
	CLIENT_EV_BAD, CLIENT_EV_MAX };

struct client {
	void				*arg;		/* the owner's */
	void				*work_arg;
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
	struct attempt_connection	*facts;		/* counted */
	struct tls_context		*tls;
	const struct tls_identity	*identity;
	struct netaddr			 to;
	struct netaddr			 proxy;	/* len 0: there is none */
	struct proxy_socks		*socks;	/* while it is spoken */
	struct send_backend		*backend;
	struct sasl			 sasl;
	const struct tap		*tap;		/* NULL: nobody looks */
	struct buf			 auth_said;	/* last; secret */
	bool				 xclient_done;
	/* Whose times count: the backend's, or those of the transaction. */
	const struct send_backend	*times;
	size_t				 transactions;	/* begun */
	int64_t				 last_reply_ms;
	uint64_t			 sent_before;	/* this transaction */
	size_t				 flush;		/* replies to drop */
	bool				 more;		/* bytes follow */
	bool				 end_told;
	bool				 end_refused;	/* in the transaction
						 * before */
	bool				 told_apart;	/* in the transaction
						 * before: txn.h */
	bool				 doubtful;	/* client_doubts() */
	int				 depth;
	bool				 dead;
};

/* A cell: `why` is of the events that have a reason. */
typedef void	client_fn(struct client *c, const char *why);

/* c may be dead afterwards; call between client_enter() and _leave(). */
void	client_event(struct client *c, enum client_ev ev, const char *why);
int64_t	client_reply_ms(const struct client *c);
int64_t	client_end_ms(const struct client *c);
void	client_forget_auth(struct client *c);
/* Behind a refused transaction, with no reply due. */
void	client_reset(struct client *c);

/* ---- What cells share: client_fsm.c ------------------------------------ */

void	client_command(struct client *c, enum client_state next,
	    const char *verb, const char *arg);
bool	client_reply_ok(struct client *c, int wanted);
void	client_ready(struct client *c);
/* Faults: of our own finding, a reply that refuses, and two that say that
 * the request asked for what this backend does not offer, or refuses. */
void	client_fault(struct client *c, enum attempt_error error,
	    const char *why);
void	client_refused(struct client *c);
void	client_config(struct client *c, const char *why, const char *what);
void	client_refusal(struct client *c, const char *what);

/* ---- Cells before the first transaction: client_opening.c -------------- */

/* What the proxy says: how much of it was used; the client may be dead. */
size_t	client_read_proxy(struct client *c, struct str data);

client_fn	client_connected, client_on_banner, client_on_ehlo,
		client_on_helo, client_on_starttls, client_on_tls_done,
		client_on_xclient, client_on_auth;

#endif
