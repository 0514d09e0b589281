/*
 * account - what the log says of a client's commands and messages
 *
 * A message has one line that tells all of it (event=message), whatever its
 * fate; a refused command names whom it was about.
 *
 * Ownership  borrows all.
 * Failure    none.
 */
#ifndef SMTPD_ACCOUNT_H
#define SMTPD_ACCOUNT_H

#include "base/str.h"

struct session;

/* The verdict on the message at hand. */
void	account_message(struct session *s, int code, const int enhanced[3],
	    struct str text);
/* The transaction ends: a message of which a part has arrived is logged. */
void	account_cut(struct session *s);
/* The command at hand was refused, by this hook; NULL: by smtpd itself. */
void	account_refusal(struct session *s, const char *hook, int code,
	    struct str reason);
/* AUTH succeeded. */
void	account_login(const struct session *s);

#endif
