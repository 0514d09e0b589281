/*
 * session - one client's connection to the SMTP server (RFC 5321)
 *
 * What happens to a session meets its mode in the table of life.c; which
 * commands it takes is its state, in the table of session_command.c.  A
 * transaction is one object that every path destroys.
 *
 * Ownership  session_open() takes the descriptor; the session frees itself
 *            when it is over, by session_destroy().
 * Process    one worker holds thousands.
 */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/net.h"
#include "hooks/facts.h"
#include "hooks/hook.h"
#include "smtp/command.h"
#include "smtp/reply.h"

#include "farewell.h"
#include "hello.h"
#include "life.h"
#include "patience.h"
#include "receive.h"
#include "session_command.h"
#include "session_hook.h"
#include "xclient.h"

struct auth;
struct naming;
struct proxy_header;
struct server;
struct stream;
struct transaction;

/*
 * What all of the session's files may touch, then what belongs to some of
 * them: those whose names stand behind it, and to session.c, which frees it.
 * Lint checks that no other file reaches in.
 */
struct session {
	TAILQ_ENTRY(session)	 link;		/* server->sessions */
	struct server		*server;
	struct stream		*stream;	/* NULL: MODE_GONE */
	struct hook_connection	 conn;
	struct transaction	*txn;		/* NULL: between two of them */
	enum session_state	 state;
	struct logctx		 log;
	int64_t			 opened_ms;
	uint32_t		 messages;
	bool			 greeted;	/* or about to be */

	struct life		 life;		/* life.c */
	struct request		 request;	/* session_command.c input.c
			session_hook.c account.c patience.c auth.c */
	struct intake		 intake;	/* receive.c input.c life.c
			end_message.c account.c */
	struct hooking		 hooking;	/* session_hook.c end_message.c
			account.c */
	struct patience		 patience;	/* patience.c */
	struct hello		 hello;		/* hello.c session_command.c */
	struct spoken_for	 spoken;	/* xclient.c hello.c naming.c
			end_message.c */
	struct farewell		 farewell;	/* farewell.c */
	struct naming		*naming;	/* naming.c */
	struct auth		*auth;		/* auth.c account.c input.c */
	uint64_t		 crowd;		/* xclient.c */
	bool			 traced;	/* transcript.c */
};

/* Says why at once, without a session. */
void	session_turn_away(int fd, const struct netaddr *peer,
	    const char *reason, const char *reply);
/* h: what a PROXY header said; NULL: there was none. */
void	session_open(struct server *srv, int fd, const struct netaddr *peer,
	    const struct proxy_header *h);
/* The client's name, the connect hook, the greeting. */
void	session_begin(struct session *s);
/* Replies; session_refuse() counts an error against the client. */
void	session_answer(struct session *s, int code, const char *enhanced,
	    const char *text);
void	session_write(struct session *s, const struct smtp_answer *a);
bool	session_is_lmtp(const struct session *s);
void	session_refuse(struct session *s, const struct smtp_refusal *why);
/* Back to STATE_READY, without a transaction. */
void	session_reset(struct session *s);
/* Forgets what HELO and AUTH said. */
void	session_forget_names(struct session *s);

/*
 * The end, from the gentlest: session_close() closes when what was written
 * has left, session_cut() answers 421 and closes, session_destroy() closes at
 * once.  s is gone after the last, or waits for its disconnect hook;
 * session_forget() ends that.
 */
void	session_close(struct session *s);
void	session_cut(struct session *s, const char *enhanced, const char *text);
void	session_destroy(struct session *s);
void	session_forget(struct session *s);
/* Stops what runs for it: the question for a name, a hook. */
void	session_stop(struct session *s);

#endif
