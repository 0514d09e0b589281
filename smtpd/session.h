/*
 * session - one client's connection to the SMTP server (RFC 5321)
 *
 * What a session does next is its mode (commands, the bytes of DATA or of a
 * BDAT chunk, waiting for the end-of-DATA hook, closing); which commands it
 * takes is its state, in the table of session_command.c.  A transaction is
 * one object that every path destroys.
 *
 * Ownership  session_open() takes the descriptor; the session frees itself
 *            when it is over.
 * Process    one worker holds thousands.
 */
#ifndef SMTPD_SESSION_H
#define SMTPD_SESSION_H

#include <stdbool.h>
#include <sys/queue.h>

#include "base/log.h"
#include "base/net.h"
#include "event/loop.h"
#include "hooks/facts.h"
#include "hooks/hook.h"
#include "smtp/command.h"
#include "smtp/reply.h"

#include "farewell.h"

struct auth;
struct hsl_frozen;
struct naming;
struct proxy_header;
struct server;
struct session;
struct stream;
struct transaction;

enum session_mode {
	MODE_COMMAND,
	MODE_DISCARD,		/* the rest of a line that is too long */
	MODE_DATA,
	MODE_CHUNK,		/* bytes of a BDAT chunk */
	MODE_SKIP,		/* bytes of a chunk that was refused */
	MODE_AUTH,		/* a line is a response to AUTH */
	MODE_WAIT,		/* a hook runs */
	MODE_SLOW,		/* a reply is held back (patience.h) */
	MODE_HANDSHAKE,		/* TLS starts */
	MODE_CLOSING
};

enum session_state {
	STATE_START,		/* no HELO yet */
	STATE_READY,		/* greeted, no transaction */
	STATE_MAIL,		/* MAIL was accepted */
	STATE_RCPT,		/* and at least one RCPT */
	STATE_BDAT,		/* and a chunk that was not the last */
	STATE_MAX
};

typedef void	session_verdict_fn(struct session *s, const struct verdict *v);

struct session {
	TAILQ_ENTRY(session)	 link;
	struct server		*server;
	struct stream		*stream;
	struct hook_connection	 conn;
	struct farewell		 farewell;
	struct hsl_frozen	*context;	/* $context between hooks */
	struct hsl_cache	*message_cache;	/* of the message at hand */
	struct transaction	*txn;
	struct naming		*naming;	/* before the greeting */
	struct hook_run		*run;		/* not of the end of DATA */
	session_verdict_fn	*then;
	int64_t			 hook_since_ms;	/* run started then */
	struct hook_recipient	*pending;	/* RCPT, while its hook runs */
	char			*pending_helo;	/* HELO, while its hook runs */
	const char		*pending_verb;
	char			*pending_line;	/* while the proxy hook runs */
	size_t			 pending_len;	/* it may hold a NUL */
	struct auth		*auth;		/* an AUTH exchange */
	char			 next_txn[UUID_TEXT];
	struct logctx		 log;
	struct timer		 timer;
	struct buf		 held;		/* a reply that is held back */
	enum session_mode	 mode;
	enum session_state	 state;
	enum session_mode	 slow_mode;	/* after MODE_SLOW */
	enum smtp_verb		 verb;		/* of the command at hand */
	const struct smtp_command *command;	/* while it is looked at */
	uint64_t		 chunk_left;	/* MODE_CHUNK, MODE_SKIP */
	uint64_t		 discarded;	/* MODE_DISCARD */
	uint64_t		 client;	/* of crowding.h; 0: none */
	int64_t			 opened_ms;
	int64_t			 data_since_ms;	/* 0: no message arrives */
	uint32_t		 commands;
	uint32_t		 errors;	/* all of them */
	uint32_t		 strikes;	/* those that count now */
	uint32_t		 messages;
	unsigned		 offered;	/* bits of smtp/ext.h */
	char			*other_helo;	/* XCLIENT: of the next HELO */
	bool			 other_smtp;	/* and it is no EHLO */
	bool			 name_known;	/* said by XCLIENT, or not */
	bool			 may_xclient;
	bool			 greeted;	/* or about to be */
	bool			 holding;	/* what is written now is */
	bool			 chunk_last;
	bool			 more_came;	/* input behind this command */
	bool			 peer_eof;	/* the client sends no more */
	bool			 linger;	/* close after the peer did */
	bool			 over;		/* the connection is gone */
};

/* Says why at once, without a session. */
void	session_turn_away(int fd, const struct netaddr *peer,
	    const char *reply);
/* h: what a PROXY header said, or NULL. */
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
/* Answers 421 and closes, cutting off whatever goes on. */
void	session_cut(struct session *s, const char *enhanced, const char *text);
/* Closes once what was written has left. */
void	session_close(struct session *s);
/* Closes at once; s is gone, or waits for its last hook. */
void	session_end(struct session *s);
void	session_forget(struct session *s);
/* What HELO and AUTH said. */
void	session_forget_names(struct session *s);
/* Back to STATE_READY, without a transaction. */
void	session_reset(struct session *s);
/* What a drain allows this session now. */
void	session_drain(struct session *s);
/* Runs the command in line (without CRLF). */
void	session_command(struct session *s, struct str line);

#endif
