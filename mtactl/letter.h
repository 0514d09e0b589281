/*
 * letter - a message as programs give it to sendmail, made into one of SMTP
 *
 * Lines may end in LF, CR or CRLF: they end in CRLF here, the last one too.
 * A line "From " of a mailbox at the top goes.  The header ends at the blank
 * line, or where a line is no field: then what follows is the body.
 *
 * Ownership  letter_new() gives, letter_free() takes and clears; header and
 *            body are the letter's.
 * Failure    0, or -1 with *e.
 * Process    pure but for the file of a large body, made in `directory`.
 */
#ifndef MTACTL_LETTER_H
#define MTACTL_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "body/body.h"
#include "mime/address.h"
#include "mime/header.h"

struct letter;

/* dots: a line that is one dot is text; else it is the end. */
struct letter	*letter_new(bool dots, int directory);
void		 letter_free(struct letter **l);
/* 1: that was the end, what follows belongs to nothing; 0: go on. */
int		 letter_add(struct letter *l, struct str bytes,
		    struct err *e);
/* All of it came. */
int		 letter_end(struct letter *l, struct err *e);

/* Whom To, Cc and Bcc name; of a message that is sent again, those of its
 * newest Resent-To, Resent-Cc and Resent-Bcc.  Bcc and Resent-Bcc go. */
int		 letter_recipients(struct letter *l, address_fn *fn,
		    void *arg, struct err *e);
/* A From field, where there is none: name (or "") and address. */
int		 letter_from(struct letter *l, const char *name,
		    struct str address, struct err *e);

bool		 letter_has_8bit(const struct letter *l);
/* Header with its blank line, and body. */
uint64_t	 letter_size(const struct letter *l);
void		 letter_write_header(const struct letter *l, struct buf *out);
const struct body *letter_body(const struct letter *l);

#endif
