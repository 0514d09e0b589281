/* The inside of a send, shared by send.c (its way) and send_result.c. */
#ifndef SEND_SEND_PRIVATE_H
#define SEND_SEND_PRIVATE_H

#include "pool.h"

struct dns_lookup;

enum send_stage { SEND_STARTING, SEND_WAITING, SEND_RESOLVING, SEND_OPENING,
	SEND_RUNNING };

struct send {
	TAILQ_ENTRY(send)	 link;		/* all, or spare */
	TAILQ_ENTRY(send)	 wait_link;	/* a backend's line */
	struct send_engine	*engine;
	struct send_request	 req;
	struct task		 task;
	struct timer		 deadline;
	enum send_stage		 stage;
	struct lane		*lane;
	bool			 place;		/* taken, without connection */
	struct pooled		*pooled;
	struct dns_lookup	*lookup;
	struct netaddr		*addrs;
	size_t			 addr_count;
	size_t			 addr_next;
	bool			 no_tls;	/* it failed on this address */
	bool			 retried;
	/* What done() will hear; the reply and text are kept here. */
	struct send_result	 result;
	struct smtp_reply	 reply;
	char			 text[512];
	/* The most telling failure of the addresses so far. */
	struct send_result	 best;
	char			 best_text[512];
};

struct send_engine {
	struct loop		*loop;
	struct dns		*dns;
	struct tls_context	*tls;		/* verifies nothing */
	struct send_trust	 trust;
	struct pool		 pool;
	struct send_list	 sends;
	struct send_list	 spare;
	size_t			 spare_count;
};

/* Each fills s->result; the last one set counts. */
void	send_set_error(struct send *s, enum send_error error, bool temporary,
	    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
void	send_set_dns_error(struct send *s, enum send_dns dns, bool ours,
	    const char *why);
void	send_set_unfit(struct send *s, const struct txn *t);
void	send_set_reply(struct send *s, enum smtp_state state,
	    const struct smtp_reply *reply);
/* A refusal that is no verdict on the message. */
void	send_set_refusal(struct send *s, const struct smtp_reply *reply);
/* Addresses: one's turn, it failed, and none is left. */
void	send_address_begin(struct send *s, const struct netaddr *to);
void	send_address_failed(struct send *s);
void	send_address_last(struct send *s);
/* From the connection, while it is there. */
void	send_note_connection(struct send *s);
/* -1 with the result set if the request can't be written in SMTP. */
int	send_check_request(struct send *s);

#endif
