/*
 * input - what a session's bytes are: lines, or those of a message
 */
#ifndef SMTPD_INPUT_H
#define SMTPD_INPUT_H

#include "session.h"

/* By the session's mode; how many were used, 0: more are needed. */
size_t	input_read(struct session *s, struct str in);
/* The octets of a chunk that was refused are passed over, unless no honest
 * client sends that many. */
void	input_skip_chunk(struct session *s, uint64_t size);

#endif
