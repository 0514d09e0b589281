/*
 * session_command - which commands a session takes, by its state
 *
 * Ownership  borrows the line.
 * Failure    a reply to the client.
 */
#ifndef SMTPD_SESSION_COMMAND_H
#define SMTPD_SESSION_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "smtp/command.h"

struct session;

enum session_state {
	STATE_START,		/* no HELO yet */
	STATE_READY,		/* greeted, no transaction */
	STATE_MAIL,		/* MAIL was accepted */
	STATE_RCPT,		/* and at least one RCPT */
	STATE_BDAT,		/* and a chunk that was not the last */
	STATE_MAX
};

/* The command at hand. */
struct request {
	const struct smtp_command *command;	/* while it is looked at */
	enum smtp_verb		 verb;
	bool			 more_came;	/* input stands behind it */
	uint32_t		 count;		/* of all commands so far */
};

/* Runs the command in line (without CRLF). */
void	session_command(struct session *s, struct str line);

#endif
