/*
 * The inside of a send: send.c is its life and its transaction, send_open.c
 * the way to a connection, send_outcome.c what it is told in the end.
 */
#ifndef SEND_SEND_PRIVATE_H
#define SEND_SEND_PRIVATE_H

#include "event/loop.h"

#include "dane.h"
#include "line.h"
#include "pool.h"
#include "route.h"
#include "send.h"
#include "tap.h"

struct dns_lookup;

enum send_stage { SEND_STARTING, SEND_ROUTING, SEND_WAITING, SEND_RESOLVING,
	SEND_OPENING, SEND_RUNNING };

struct send {
	TAILQ_ENTRY(send)	 link;		/* all, or spare */
	struct send_engine	*engine;
	struct send_request	 req;		/* its backend is the host
						 * whose turn it is */
	struct task		 task;
	struct timer		 deadline;
	enum send_stage		 stage;
	int64_t			 started_ms;
	int64_t			 ready_ms;	/* 0: no connection was */
	struct route		 route;
	struct grant		*grant;		/* asked or held */
	bool			 has_leave;	/* as the candidate asked */
	struct pooled		*pooled;
	struct dns_lookup	*lookup;
	struct dane		*dane;		/* of that host; its backend
						 * borrows from both */
	struct buf		 dane_names;
	struct netaddr		 proxy;		/* len 0: not known */
	struct netaddr		*addrs;		/* of that host */
	size_t			 addr_count;
	size_t			 addr_next;
	uint32_t		 addr_tried;	/* of all hosts */
	uint32_t		 sessions;	/* that did connect */
	uint32_t		 failed;	/* addresses and hosts, */
	uint32_t		 no_requiretls;	/* and of these those that do
						 * not offer it */
	bool			 no_tls;	/* it failed on this address */
	const char		*tlsrpt;	/* and why */
	bool			 retried;
	struct attempt_rcpt	*own;		/* each for itself */
	/* What done() will hear; the reply and text are kept here. */
	struct attempt		 result;
	struct smtp_reply	 reply;
	char			 text[512];
	/* The most telling failure of the addresses so far. */
	struct attempt		 best;
	char			 best_text[512];
};

TAILQ_HEAD(send_list, send);

struct send_engine {
	struct loop		*loop;
	struct dns		*dns;
	struct tls_context	*tls;		/* verifies nothing */
	struct tls_context	*tls_dane;
	struct send_trust	 trust;
	struct pool		 pool;
	struct line		 line;
	size_t			 waiting;	/* sends in SEND_WAITING */
	uint64_t		 last_grant;
	/* Whose work is done; or NULL. */
	void			(*working)(void *arg, void *request);
	void			*working_arg;
	struct send_list	 sends;
	struct send_list	 spare;
	size_t			 spare_count;
};

/* ---- send.c ------------------------------------------------------------ */

extern const struct client_ops	send_client_ops;

/* Tells the result; s is gone for whoever calls this. */
void	send_finish(struct send *s);
/* Over a connection that is ready. */
void	send_run(struct send *s);

/* ---- send_open.c ------------------------------------------------------- */

/* The way to the first host; send_run() or send_finish() comes of it. */
void	send_open(struct send *s);
/* To the host whose turn it is once more: the connection failed. */
void	send_open_again(struct send *s);
/* A connection failed before it was ready. */
void	send_open_failed(struct send *s, const struct client_fault *f);
/* Lets go of all that was asked for on the way. */
void	send_open_stop(struct send *s);
/* A connection to the host whose turn it is. */
void	send_pick(struct send *s);
void	send_next_host(struct send *s);
/* That host has no address: the next one. */
void	send_host_unknown(struct send *s, enum dns_status status,
	    const char *why);

/* ---- send_dane.c ------------------------------------------------------- */

/* False: nothing is to be asked of the host whose turn it is.  True: what
 * follows was done, or will be. */
bool	send_dane_begin(struct send *s);
void	send_dane_facts(const struct send *s, struct attempt_connection *c);

/* ---- send_outcome.c ---------------------------------------------------- */

/* Each fills s->result; the one called last counts. */
void	send_set_error(struct send *s, enum attempt_error error,
	    bool temporary, const char *fmt, ...)
	    __attribute__((format(printf, 4, 5)));
/* `ours`: the name is of our configuration's making. */
void	send_set_dns_error(struct send *s, const struct route_fault *f,
	    bool ours);
/* For good: RFC 8689's 5.7.30. */
void	send_set_requiretls(struct send *s, const char *fmt, ...)
	    __attribute__((format(printf, 2, 3)));
void	send_set_unfit(struct send *s, const struct client_report *r);
void	send_set_reply(struct send *s, enum smtp_state state,
	    const struct smtp_reply *reply);
/* A refusal that is no verdict on the message. */
void	send_set_refusal(struct send *s, const struct smtp_reply *reply);
/* What was said, for who wants to know; behind one of the above. */
void	send_keep_refusal(struct send *s, const struct smtp_reply *reply);
/* Nothing is known, and nothing is held. */
void	send_forget(struct send *s);
/* From the connection in use, while it is there. */
void	send_note_connection(struct send *s);
/* An address has its turn, or has failed; a host has failed as a whole; and
 * none of all is left: the most telling failure is the result. */
void	send_address_begin(struct send *s,
	    const struct attempt_connection *c);
void	send_address_failed(struct send *s);
void	send_host_failed(struct send *s);
void	send_address_last(struct send *s);

#endif
