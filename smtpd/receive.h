/*
 * receive - a message's bytes, and what becomes of it at its end
 *
 * Part of a session; see session.h for what belongs to whom.
 */
#ifndef SMTPD_RECEIVE_H
#define SMTPD_RECEIVE_H

#include "session.h"

#define RECEIVE_SKIP_MORE	(64 * 1024 * 1024)

/* Bytes of a message that is refused: more than so many are not passed over. */
uint64_t receive_skip_max(const struct session *s);

/* receive.c: a message's bytes; each returns how many it used. */
size_t	session_data(struct session *s, struct str in);
size_t	session_chunk(struct session *s, struct str in);
void	session_begin_data(struct session *s);
/* Bytes in the message that its parameters forbid; NULL: none. */
const struct smtp_refusal *receive_fault(const struct session *s);
void	session_begin_chunk(struct session *s, uint64_t size, bool last);

/* deliver.c: the end of a message. */
void	session_end_message(struct session *s);
/* Ends the hook, if its message can still be called back; true if so. */
bool	session_abort_message(struct session *s);

/* orphan.c: the verdict came, the client is gone; so is s then. */
void	session_orphan(struct session *s, int code);

#endif
