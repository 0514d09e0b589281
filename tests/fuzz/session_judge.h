/*
 * session_judge - a second reading of a session, from its two transcripts
 *
 * What the client sent and what it got are walked side by side by the rules of
 * RFC 5321, 3030, 2033 and 4954, with none of smtpd's code: one reply for each
 * command, none for anything else; only CRLF ends a line and only CRLF.CRLF a
 * message.  judge() aborts where the server broke one.  It gives the messages
 * that were ended, with the first code that their end was answered with.
 */
#ifndef TESTS_SESSION_JUDGE_H
#define TESTS_SESSION_JUDGE_H

#include "base/buf.h"

#define JUDGE_MESSAGES	512
#define JUDGE_REPLIES	8192

struct judge_message {
	struct buf	body;		/* as RFC 5321 means it */
	bool		bare;		/* it has a bare CR or LF */
	int		rcpts;
	int		code;		/* 0: unanswered */
};

struct judge {
	/* Set by the caller: */
	bool			lmtp;
	bool			normalize;	/* smtpd_bare_newline */
	bool			greeted;	/* before */
	bool			tls;		/* it is offered */
	bool			secret;		/* and nobody speaks it */
	struct str		sent;
	struct str		got;
	/* Found: */
	struct judge_message	messages[JUDGE_MESSAGES];
	size_t			message_count;
	bool			unanswered;	/* a command, or an end */
	bool			lost;		/* can't be followed on */
	bool			in_tls;		/* STARTTLS was answered 220 */
	/* On the way: */
	int			codes[JUDGE_REPLIES];
	size_t			code_count;
	size_t			code_next;
	size_t			rcpts;		/* accepted */
	bool			in_chunks;
	bool			in_auth;
	struct buf		chunks;
};

void	judge(struct judge *j);
/* Shows the dialog and aborts. */
void	judge_wrong(const struct judge *j, const char *why);
void	judge_free(struct judge *j);

#endif
