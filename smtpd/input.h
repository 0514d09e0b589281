/*
 * input - what a session's bytes are: lines, or those of a message
 */
#ifndef SMTPD_INPUT_H
#define SMTPD_INPUT_H

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

struct session;

/* A reader of life.c: how many bytes it used, 0: it needs more. */
typedef size_t	input_fn(struct session *s, struct str in);

input_fn	input_line;
input_fn	input_response;		/* to a challenge of AUTH */
input_fn	input_discard;		/* what is left of a long line */
input_fn	input_skip;		/* a chunk that was refused */
input_fn	input_drop;		/* all that comes after the end */
/* The octets of a chunk that was refused are passed over, unless no honest
 * client sends that many. */
void	input_skip_chunk(struct session *s, uint64_t size);

#endif
