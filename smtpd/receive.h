/*
 * receive - a message's bytes, and what becomes of it at its end
 *
 * Part of a session; see session.h for what belongs to whom.
 */
#ifndef SMTPD_RECEIVE_H
#define SMTPD_RECEIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct session;
struct smtp_refusal;

struct intake {
	uint64_t	chunk_left;	/* MODE_CHUNK, MODE_SKIP */
	uint64_t	discarded;	/* MODE_DISCARD */
	int64_t		since_ms;	/* 0: no message arrives */
	bool		chunk_last;
};

#define RECEIVE_SKIP_MORE	(64 * 1024 * 1024)

/* Bytes of a message that is refused: more than so many are not passed over. */
uint64_t receive_skip_max(const struct session *s);

/* receive.c: readers of life.c; each returns how many bytes it used. */
size_t	receive_data(struct session *s, struct str in);
size_t	receive_chunk(struct session *s, struct str in);
void	session_begin_data(struct session *s);
/* Bytes in the message that its parameters forbid; NULL: none. */
const struct smtp_refusal *receive_fault(const struct session *s);
void	session_begin_chunk(struct session *s, uint64_t size, bool last);

/* end_message.c: the end of a message. */
void	session_end_message(struct session *s);
/* A backend was given the end of the message: its verdict must come. */
bool	session_end_is_given(const struct session *s);

#endif
