/*
 * policy_words - rows of policies, suspensions and limiters in words
 *
 * Rows are objects of JSON, as qmgr/policy_rows.c makes them.  Bytes that a
 * terminal would obey are not shown as they are.
 */
#ifndef MTACTL_POLICY_WORDS_H
#define MTACTL_POLICY_WORDS_H

#include <jansson.h>

#include "base/buf.h"

/* Text of a row; "-" where it is not there. */
void	words_text(struct buf *out, const json_t *row, const char *name);
/* "remotemx=#big localip": its fields, with values where it has some. */
void	words_fields(struct buf *out, const json_t *row);
/* "concurrency 5 (3 busy, 1 idle), rate 10/60s (2 now), 4 waiting, ..." */
void	words_limits(struct buf *out, const json_t *row);
/* "policy.cf:12" */
void	words_place(struct buf *out, const json_t *row);
/* "mx (policy.cf:12), for remotemx=a: ..." */
void	words_applied(struct buf *out, const json_t *row);
void	words_suspension(struct buf *out, const json_t *row);
/* "in 12m", "never" */
void	words_ends(struct buf *out, const json_t *row);
/* Text in lines of 80 columns, each but the first with so many blanks before
 * it; at: the column where it begins. */
void	words_fold(struct buf *out, const char *text, size_t at,
	    size_t indent);

#endif
