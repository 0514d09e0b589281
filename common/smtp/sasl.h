/*
 * sasl - the client's side of AUTH (RFC 4954): CRAM-MD5, PLAIN, LOGIN with a
 * password, OAUTHBEARER (RFC 7628) and XOAUTH2 with a token
 *
 * Ownership  the caller's storage; strings are borrowed.  Lines hold the
 *            secret in base64: wipe the buffer when it is sent.
 * Failure    sasl_answer(): -1, the challenge can't be answered.
 * Process    pure.
 */
#ifndef SMTP_SASL_H
#define SMTP_SASL_H

#include <stdbool.h>

#include "base/buf.h"
#include "smtp/ext.h"
#include "smtp/state.h"

struct sasl {
	enum smtp_mechanism	mechanism;
	struct str		username;
	struct str		password;
	struct str		token;		/* instead of a password */
	int			step;
};

/* The best that is offered for the secret that is there; in clear only what
 * does not show it, unless `plain_ok`.  -1: none. */
int		sasl_choose(struct sasl *s, const struct smtp_caps *caps,
		    bool plain_ok);
/* The command, without CRLF. */
void		sasl_command(struct sasl *s, struct buf *line);
/* The answer to a 334, `challenge` being its text; without CRLF. */
int		sasl_answer(struct sasl *s, struct str challenge,
		    struct buf *line);
/* The state (state.h) whose reply is due. */
enum smtp_state	sasl_state(const struct sasl *s);

#endif
