/*
 * session_hook - the places of a session where hooks run
 *
 * A command gives its hook what to do with the verdict (a
 * session_verdict_fn); where no hook is set that runs at once, with a verdict
 * that accepts.
 */
#ifndef SMTPD_SESSION_HOOK_H
#define SMTPD_SESSION_HOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"
#include "base/uuid.h"
#include "hooks/hook.h"

struct hook_recipient;
struct hook_run;
struct hsl_cache;
struct hsl_frozen;
struct session;
struct smtp_command;
struct smtp_mail_options;
struct smtp_rcpt_options;

typedef void	session_verdict_fn(struct session *s, const struct verdict *v);

/* A session's hooks: what they share, and the one that runs. */
struct hooking {
	struct hsl_frozen	*context;	/* $context between hooks */
	struct hsl_cache	*message_cache;	/* of the message at hand */
	char			 next_txn[UUID_TEXT];
	struct hook_run		*run;		/* the end of DATA: txn->run */
	session_verdict_fn	*then;
	enum hook_kind		 kind;		/* of run */
	int64_t			 since_ms;	/* run started then */
	struct hook_recipient	*recipient;	/* RCPT, while its hook runs */
	char			*line;		/* while the proxy hook runs */
	size_t			 line_len;	/* it may hold a NUL */
};

/* session_hook.c: runs a hook, then `then`. */
void	session_hook(struct session *s, enum hook_kind kind,
	    const struct hook_arguments *args, session_verdict_fn *then);
void	hooking_fini(struct hooking *h);
const char *session_next_txn(struct session *s);
void	session_connect(struct session *s);
void	session_begin_mail(struct session *s, const struct smtp_command *c,
	    const struct smtp_mail_options *o);
void	session_begin_rcpt(struct session *s, const struct smtp_command *c,
	    const struct smtp_rcpt_options *o);
/* A command line: the proxy hook sees it first. */
void	session_proxy(struct session *s, struct str line);

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
