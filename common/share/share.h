/*
 * share - what scripts of all workers share: asking for it
 *
 * share_ask() hands over a question and gives a ticket; the answer comes
 * later, from the loop, once.  Then the ticket is gone, but for one: the
 * answer to SHARE_LOCK says that the lock is held, and it is until
 * share_cancel().  Behind this stand the service, over a socket
 * (share_connect), or a store of this process alone (share_local).
 *
 * Ownership  share_connect() and share_local() give, share_free() takes and
 *            clears, and drops what is asked without a word.  A question is
 *            copied; the bytes of an answer hold during done().
 * Failure    an answer that is not SHARE_OK.
 * Process    call share_ask() from anywhere but done(); share_cancel() from
 *            done(), too.
 */
#ifndef SHARE_SHARE_H
#define SHARE_SHARE_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct channel;
struct loop;
struct rbuf;
struct share;
struct share_ticket;

/* The row of the service in master.cf: where it listens. */
#define SHARE_SOCKET	"share.sock"
#define SHARE_KEY_MAX	1100		/* a rate has two names */
#define SHARE_VALUE_MAX	(1024 * 1024)
#define SHARE_INTERVAL_MAX_MS	(366ULL * 86400 * 1000)

enum share_op {
	SHARE_FETCH,
	SHARE_STORE,		/* for interval_ms; 0: for ever */
	SHARE_DELETE,
	SHARE_ADD,		/* number is added */
	SHARE_RATE,		/* number per interval_ms */
	SHARE_LOCK,		/* key is the name */
	SHARE_OPS,
	/* Asked of qmgr(8), and of nobody else. */
	SHARE_QUOTA = SHARE_OPS,
	SHARE_POLICY,		/* value: policy_dynamic_put() */
	SHARE_SUSPEND,		/* value: policy_suspend_put() */
	SHARE_POLICY_DELETE	/* key is the id */
};

enum share_flag {
	SHARE_IF_VERSION = 1,	/* store, delete: only if it is that one */
	SHARE_DROP_ZERO = 2,	/* add: no key rather than zero */
	SHARE_BARRIER = 4,	/* the key is a barrier's */
	SHARE_TTL_KEEP = 8	/* store: the time to live it has */
};

struct share_question {
	enum share_op	op;
	unsigned	flags;
	uint64_t	version;
	uint64_t	interval_ms;
	double		number;
	struct str	key;
	struct str	value;
};

enum share_status {
	SHARE_OK,
	/*
	 * store, delete: another version, which is in the answer; delete:
	 * nothing there; add: not a number; rate: too many; quota: too many
	 * names for this one to be known; policy: there is none with such
	 * fields, or of this id.
	 */
	SHARE_NO,
	SHARE_FULL,		/* no memory, or too many that wait */
	SHARE_ABSENT,		/* there is no service */
	SHARE_STATUSES,
	SHARE_WRONG = SHARE_STATUSES	/* qmgr(8): value is why, with NUL */
};

struct share_answer {
	enum share_status	status;
	uint64_t		version;	/* 0: there is none */
	double			number;		/* sum, or how many; store,
						 * delete: was there one */
	uint64_t		bytes;		/* of a quota */
	struct str		value;		/* policy: its id */
};

typedef void	share_done_fn(void *arg, const struct share_answer *a);

/* `path` is where the service listens; the first question connects. */
struct share	*share_connect(struct loop *l, const char *path);
/* Whoever listens there is qmgr(8), which answers SHARE_QUOTA and what follows
 * it. */
struct share	*share_connect_queue(struct loop *l, const char *path);
/*
 * The same over the connection that this process has to qmgr(8) anyway: it is
 * lent whenever it is there (NULL: it is lost), and its answers are handed on:
 * 0, or -1 if they do not decode.
 */
struct share	*share_lent_queue(struct loop *l);
void		 share_lend(struct share *s, struct channel *c);
int		 share_heard(struct share *s, int type, struct rbuf *in);
struct share	*share_local(struct loop *l, size_t limit_bytes);
void		 share_free(struct share **s);
struct share_ticket *share_ask(struct share *s,
		    const struct share_question *q, share_done_fn *done,
		    void *arg);
/* No answer will come; a lock is given back. */
void		 share_cancel(struct share_ticket **t);
/* For counters and tests: how many tickets there are. */
size_t		 share_open_tickets(const struct share *s);

#endif
