/*
 * session_hook - the places of a session where hooks run
 *
 * Where none is set the same code goes on at once.
 */
#ifndef SMTPD_SESSION_HOOK_H
#define SMTPD_SESSION_HOOK_H

#include "session.h"

struct smtp_mail_options;
struct smtp_rcpt_options;

/* session_hook.c: hooks, or what goes on without them. */
void	session_hook(struct session *s, enum hook_kind kind,
	    const struct hook_arguments *args, session_verdict_fn *then);
const char *session_next_txn(struct session *s);
void	session_connect(struct session *s);
void	session_begin_mail(struct session *s, const struct smtp_command *c,
	    const struct smtp_mail_options *o);
void	session_begin_rcpt(struct session *s, const struct smtp_command *c,
	    const struct smtp_rcpt_options *o);
/* A command line, by way of the proxy hook. */
void	session_proxy(struct session *s, struct str line);

/* hello.c: HELO and EHLO. */
void	session_hello(struct session *s, struct smtp_command *c);

/* verdict.c: a hook's verdict as a reply, and what that says. */
struct str verdict_text(enum hook_kind kind, const struct verdict *v);
int	verdict_code(enum hook_kind kind, const struct verdict *v);
void	session_answer_verdict(struct session *s, enum hook_kind kind,
	    const struct verdict *v);
/* The enhanced code of that reply; zeros: it has none. */
void	verdict_enhanced(enum hook_kind kind, const struct verdict *v,
	    int enhanced[3]);
void	session_accept_verdict(struct session *s, enum hook_kind kind,
	    const struct verdict *v);
void	session_refuse_verdict(struct session *s, enum hook_kind kind,
	    const struct verdict *v);

#endif
