/*
 * option - what the parameters of MAIL and RCPT mean
 *
 * RFC 1870 SIZE, RFC 6152 and 3030 BODY, RFC 6531 SMTPUTF8, RFC 3461 RET
 * ENVID NOTIFY ORCPT, RFC 4954 AUTH, RFC 8689 REQUIRETLS, RFC 2852 BY.  A
 * parameter of an extension that is not among `offered` (bits of ext.h) is
 * refused as one that nobody knows: 555 5.5.4.
 *
 * Ownership  strings point into the command's line.
 * Failure    -1 with *why.
 * Process    pure.
 */
#ifndef SMTP_OPTION_H
#define SMTP_OPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "smtp/command.h"

enum smtp_body { SMTP_BODY_NONE, SMTP_BODY_7BIT, SMTP_BODY_8BITMIME,
	SMTP_BODY_BINARYMIME };
enum smtp_ret { SMTP_RET_NONE, SMTP_RET_FULL, SMTP_RET_HDRS };
enum smtp_notify { SMTP_NOTIFY_NONE = 0, SMTP_NOTIFY_NEVER = 1,
	SMTP_NOTIFY_SUCCESS = 2, SMTP_NOTIFY_FAILURE = 4,
	SMTP_NOTIFY_DELAY = 8 };

/* What is to be done when it is late: return it, or only say so. */
enum smtp_by { SMTP_BY_NONE, SMTP_BY_RETURN, SMTP_BY_NOTIFY };

struct smtp_mail_options {
	uint64_t	size;		/* 0: not said */
	enum smtp_body	body;
	bool		smtputf8;
	bool		requiretls;
	enum smtp_by	by;
	bool		by_trace;
	int32_t		by_seconds;	/* from MAIL on; may be past */
	enum smtp_ret	ret;
	struct str	envid;		/* as written: xtext */
	struct str	auth;		/* as written: xtext, or "<>" */
};

struct smtp_rcpt_options {
	bool		smtputf8;	/* MAIL said it */
	unsigned	notify;		/* bits of enum smtp_notify */
	struct str	orcpt;		/* as written: type;xtext */
};

int	smtp_mail_options(struct smtp_mail_options *o,
	    const struct smtp_command *c, unsigned offered,
	    struct smtp_refusal *why);
int	smtp_rcpt_options(struct smtp_rcpt_options *o,
	    const struct smtp_command *c, unsigned offered, bool smtputf8,
	    struct smtp_refusal *why);

/* "8BITMIME", "FULL"; "" for none. */
const char	*smtp_body_name(enum smtp_body body);
const char	*smtp_ret_name(enum smtp_ret ret);
/* "SUCCESS,FAILURE" at the end of out; and back, -1 if it is no list. */
struct buf;
void	smtp_notify_add(struct buf *out, unsigned notify);
/* "-5;NT" at the end of out. */
void	smtp_by_add(struct buf *out, const struct smtp_mail_options *o);
int	smtp_notify_parse(unsigned *notify, struct str list);
/*
 * type ";" address, at most 500 bytes (RFC 3461 4.2): xtext of printable
 * ASCII, or for the type utf-8 what RFC 6533 says, as UTF-8 only with utf8.
 */
bool	smtp_orcpt_ok(struct str orcpt, bool utf8);
/* xtext of printable ASCII, at most 100 bytes (RFC 3461 4.4). */
bool	smtp_envid_ok(struct str envid);

#endif
