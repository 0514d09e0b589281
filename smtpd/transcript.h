/*
 * transcript - what a client and this server say to each other, in the log
 *
 * For clients of smtpd_trace_clients each command and each line of a reply is
 * an event=trace.  No secret is among them: what AUTH carries, LOGIN of
 * XCLIENT and every line whose command is not known (it may answer a
 * challenge that was never given) show as ***.  Messages are not commands.
 *
 * Ownership  borrows all.
 */
#ifndef SMTPD_TRANSCRIPT_H
#define SMTPD_TRANSCRIPT_H

#include "base/str.h"

struct session;

/* The client's address is known, or is another one now. */
void	transcript_begin(struct session *s);
/* A command, without its CRLF. */
void	transcript_command(const struct session *s, struct str line);
/* A line that answers a challenge of AUTH. */
void	transcript_response(const struct session *s, struct str line);
/* The lines of a reply. */
void	transcript_reply(const struct session *s, struct str lines);
void	transcript_challenge(const struct session *s, int code);

#endif
