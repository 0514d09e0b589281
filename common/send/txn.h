/*
 * txn - one transaction over a connection that is ready: MAIL to the reply
 * to the end
 *
 * Replies in, bytes for the feed and at last an outcome out.  All or none:
 * with more than one recipient nothing that ends the message is put in the
 * feed before every RCPT was answered 2xx.  Each for itself: before every RCPT
 * was answered, and one of them 2xx; then the outcome is that of the
 * recipients without a reply of their own.  See txn.c for the plans.
 *
 * Ownership  the caller's storage; txn_init(), txn_fini().  What is in the
 *            setup is borrowed until the outcome.
 * Failure    an outcome.
 * Process    pure.
 */
#ifndef SEND_TXN_H
#define SEND_TXN_H

#include "send/attempt.h"
#include "send/feed.h"
#include "smtp/ext.h"
#include "smtp/reply.h"
#include "smtp/state.h"

/* What is expected next. */
enum txn_state { TXN_MAIL, TXN_RCPT, TXN_DATA, TXN_BODY, TXN_CHUNK, TXN_END,
	TXN_STATE_MAX };

enum txn_outcome {
	TXN_GOES_ON,
	TXN_VERDICT,		/* txn->verdict, of txn->verdict_state */
	TXN_PROTOCOL,		/* the peer broke the protocol: txn->why */
	TXN_UNFIT		/* not begun: txn->code, enhanced, why */
};

/* What to do with the connection afterwards. */
enum txn_after { TXN_KEEP, TXN_RESET, TXN_CLOSE };

struct txn {
	const struct send_request	*req;
	struct attempt_rcpt		*own;	/* NULL: all or none */
	struct feed			*feed;
	struct smtp_caps		 caps;
	enum txn_state			 state;
	/* What was sent behind the RCPTs without a wait; TXN_MAIL: nothing. */
	enum txn_state			 tail;
	size_t				 issued;	/* commands */
	size_t				 replied;
	size_t				 rcpt_issued;
	size_t				 rcpt_replied;
	size_t				 accepted;
	/* Over LMTP: whose reply to the end is next, how many came, and
	 * whether one of them was a refusal. */
	size_t				 end_replied;
	size_t				 ended;
	bool				 end_refused;
	bool				 fresh;
	bool				 apart;
	bool				 addressing;	/* each 2yz so far */
	bool				 told_apart;	/* in the end */
	bool				 refused;	/* a recipient */
	bool				 dsn_dropped;
	struct smtp_reply		 verdict;
	enum smtp_state			 verdict_state;
	enum txn_after			 after;
	const char			*why;
	int				 code;
	int				 enhanced[3];
};

void	txn_init(struct txn *t);
void	txn_fini(struct txn *t);

struct txn_setup {
	const struct send_request	*req;
	struct attempt_rcpt		*own;	/* of each recipient, for its
						 * own reply; NULL: all or
						 * none */
	struct feed			*feed;
	const struct smtp_caps		*caps;
	/* The connection's first transaction, and its last reply is under a
	 * second old. */
	bool				 fresh;
	/* At least its third, its last reply is as young, and the transaction
	 * before ended with txn->told_apart: see txn.c. */
	bool				 apart;
};

enum txn_outcome txn_start(struct txn *t, const struct txn_setup *s);
/* `sent`: what the stream took of this transaction; `more`: bytes came
 * behind this reply. */
enum txn_outcome txn_reply(struct txn *t, const struct smtp_reply *r,
	    uint64_t sent, bool more);
/* DATA would change the message, or may not carry it. */
bool	txn_needs_bdat(const struct send_request *req);
size_t	txn_outstanding(const struct txn *t);
/* The state to name when the connection fails now. */
enum smtp_state	txn_where(const struct txn *t, uint64_t sent);

#endif
